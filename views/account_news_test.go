package views

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"till/moneykit"
)

func TestALinkTellsOfItsAccounts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	inShopWith(t, dir, false, func(t *testing.T, w *world) {
		w.opens(t, 1, "2")
		w.Sees("Checking", "Savings")
		w.Misses("another id", "A new account", "is gone")
		answer, err := w.client(t).Accounts(t.Context(), moneykit.LinkID(w.link(1)))
		if err != nil {
			t.Fatal(err)
		}
		first, second := answer.Accounts[0], answer.Accounts[1]
		body := strings.ReplaceAll(string(answer.Body), string(first.ID), "acc_new")
		body = strings.ReplaceAll(body, second.Mask, "0001")
		w.wire.breaks(http.MethodGet, "/accounts", status(200, body))
		w.Wait(time.Second)
		w.Press("3") // the names of accounts are read with the transactions
		w.Sees(first.Name + " ··" + first.Mask + " has another id now: acc_new; was " + string(first.ID) + ".")
		w.Wait(time.Minute)
		w.Press("4")
		w.Misses("another id") // it was told

		w.wire.breaks(http.MethodGet, "/accounts", status(200, strings.ReplaceAll(body, string(second.ID), "acc_other")))
		w.Wait(time.Second)
		w.Press("3")
		w.Sees("Savings ··0001 has another id now: acc_other")
		w.Wait(time.Minute)
		w.wire.mends()
		w.Press("1", "3")
		w.Sees("has another id now", "An account is gone: Savings ··0001.", "new account: Savings ··"+second.Mask+".")
		w.Wait(time.Minute)
		w.Press("2")
		w.wire.breaks(http.MethodGet, "/accounts", status(200, strings.ReplaceAll(string(answer.Body), string(second.ID), "acc_third")))
		w.Press("enter") // the account's own screen
		w.Sees("till ▸ Links ▸ Credentials Bank ▸ ", "another id now: acc_third")
	}, nil)
}
