// Package sandbox is a stand-in for the MoneyKit API: an [net/http.Handler] with
// invented banks, links, accounts and transactions, that answers as the contract
// says and changes as the real Sandbox does. A test needs three lines:
//
//	box := sandbox.New()
//	server := httptest.NewServer(box)
//	defer server.Close()
//
// and then points the client under test at server.URL, with [DefaultClientID]
// and [DefaultClientSecret].
//
// # The world
//
// All there is follows from the seed, the clock and the requests. Links are
// worked out when they are asked for and their transactions when somebody looks,
// so a world of 100,000 links starts at once. [Open] and [Sandbox.Save] keep a
// world across runs.
//
// # Time
//
// Between requests nothing happens: a refresh accepted now is due later, and the
// first request after that moment finds it done. A test moves the clock with
// [Sandbox.Advance], or gives its own with [WithNow], in place of waiting: limits,
// tokens, sessions and the 90 days of a deleted link go by that clock. Where
// things shall happen by themselves, as webhooks do, [Sandbox.Run] runs; a
// [Server] does that too.
//
// Webhooks are signed, and sent to loopback alone unless [WithWebhookHosts]
// names more. Advance has sent all that are due when it returns, so a test can
// look at once at what its receiver got.
//
// # What goes wrong
//
// [Sandbox.SetState] breaks a link, [Sandbox.AddFault] spoils answers.
//
// # Controls
//
// Clients in other languages do the same over HTTP, without a token. Times are
// those of JSON, durations are written as Go does ("90m").
//
//	POST   /sandbox/connect           go through Connect: {link_session_token, institution_id, username, password,
//	                                  answers, account_ids, products, deny, redirect_url}
//	POST   /sandbox/connect/next      what Connect would ask next, for the same body
//	GET    /sandbox/clock             {now, rate}
//	POST   /sandbox/clock             {advance} or {set}, and {rate}; 0 stops the clock
//	GET    /sandbox/links             all links and their users, also those that GET /links leaves out
//	POST   /sandbox/links/{id}/state  {state, error_code, products: {name: error_code}}
//	GET    /sandbox/faults            what goes wrong, and how often it did
//	POST   /sandbox/faults            add a [Fault]
//	DELETE /sandbox/faults            remove all; /sandbox/faults/{id} removes one
//	GET    /sandbox/events            what happened, ?after= a number; as it happens for Accept: text/event-stream
//
// [WithControls] takes them away. Web pages of other sites do not reach them. A
// receiver of webhooks must not move the clock from within: it would wait for
// itself.
//
// # Connect
//
// A Sandbox is Connect's host too: /start, /relink and /continue are pages for a
// frame, which post to the page around them what MoneyKit's web launcher expects,
// and /connect/bank/{token} is OAuth Bank's page for a link session. It goes back
// to the redirect_uri. These do without the controls.
//
// The package does not know the API client. Where the contract is silent it does
// what a client would expect: scopes have names of its own ([Scopes]), a link
// session lasts half an hour, and a relink keeps the accounts that were chosen.
package sandbox
