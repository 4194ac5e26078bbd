// Package sandbox is an embedded stand-in for the MoneyKit API: an
// [net/http.Handler] with invented banks, links, accounts and transactions,
// that answers as the contract says and changes as the real Sandbox does.
//
// Everything in it is decided by its seed, its clock and the order of the
// requests. Nothing happens between requests: a refresh accepted now is due
// later, and the first request after that moment finds it done. So the package
// keeps no timers and no goroutines, and a test moves its clock in place of
// waiting.
//
// It does not know the API client and does not persist anything. Connect, which
// is a web page in the real service, is reduced to two calls under
// /sandbox/connect. Operations of the contract that are not built yet answer
// 501.
package sandbox
