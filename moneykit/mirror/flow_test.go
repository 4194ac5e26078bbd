package mirror_test

import (
	"fmt"
	"testing"
	"time"

	"till/moneykit"
	"till/moneykit/mirror"
)

func credit(t *moneykit.Transaction) { t.Type = moneykit.Credit }

func euros(t *moneykit.Transaction) { t.Currency = "EUR" }

func posted(t *moneykit.Transaction) { t.Pending = false }

func (s stored) flow(account moneykit.AccountID) (told []string) {
	s.Helper()
	flows, err := s.Flow(s.Context(), bank, account)
	if err != nil {
		s.Fatal(err)
	}
	for _, f := range flows {
		told = append(told, fmt.Sprintf("%s %s %s", f.Day, f.Posted, f.Pending))
	}
	return told
}

func (s stored) settled(account moneykit.AccountID) (told []string) {
	s.Helper()
	all, err := s.Settlements(s.Context(), bank, account)
	if err != nil {
		s.Fatal(err)
	}
	for _, x := range all {
		told = append(told, fmt.Sprintf("%s %s %s", x.At.Sub(noon), x.Day, x.Amount))
	}
	return told
}

func TestFlow(t *testing.T) {
	s := newStored(t)
	s.apply(mirror.Page{Seq: 1, At: noon, After: "c1", Created: []moneykit.Transaction{
		txn("a", on(9), amount("0.10")), txn("b", on(9), amount("0.20"), credit), txn("c", on(9), amount("36"), pending),
		txn("d", on(2), amount("12345678901234567.89"), credit), txn("e", on(2), amount("0.01")),
		txn("other", on(1), in("savings")), txn("abroad", on(3), euros), txn("gone", on(4)),
	}})
	same(t, "an account that is not known", s.flow("checking"), []string(nil))
	s.accounts(1, account(t, "checking", "1"))
	s.apply(mirror.Page{Seq: 2, At: noon, Before: "c1", After: "c2", Removed: []moneykit.TransactionID{"gone"}})
	same(t, "flow", s.flow("checking"), []string{"2026-03-02 12345678901234567.88 0", "2026-03-09 0.1 -36"})
}

func TestSettled(t *testing.T) {
	s := newStored(t)
	s.accounts(0, account(t, "checking", "1"), account(t, "savings", "1"))
	first := []moneykit.Transaction{
		txn("tip", on(8), amount("36"), pending), txn("still", on(9), pending), txn("never", on(9)), txn("corrected", on(7), pending),
		txn("dearer", on(9), pending), txn("abroad", on(9), euros, pending), txn("gone", on(9), pending), txn("other", in("savings"), pending),
	}
	s.apply(mirror.Page{Seq: 1, At: noon, After: "c1", Created: first})
	same(t, "nothing settled", s.settled("checking"), []string(nil))
	s.apply(mirror.Page{Seq: 2, At: noon.Add(time.Hour), Before: "c1", After: "c2", Updated: []moneykit.Transaction{
		txn("corrected", on(7), posted), txn("abroad", on(9), euros, posted), txn("gone", on(9), posted), txn("other", in("savings"), posted),
	}})
	s.apply(mirror.Page{Seq: 3, At: noon.Add(2 * time.Hour), Before: "c2", After: "c3", Updated: []moneykit.Transaction{
		txn("tip", on(8), amount("38.40"), posted), txn("dearer", on(9), amount("13"), pending), txn("never", on(9), amount("13")), txn("corrected", on(7), amount("14")),
	}, Removed: []moneykit.TransactionID{"gone"}})
	s.apply(mirror.Page{Seq: 4, At: noon.Add(3 * time.Hour), Before: "c3", After: "c4", Updated: []moneykit.Transaction{txn("dearer", on(9), amount("14"), posted)}})
	same(t, "settled", s.settled("checking"), []string{"1h0m0s 2026-03-07 -14", "2h0m0s 2026-03-08 -38.4", "3h0m0s 2026-03-09 -14"})
	same(t, "of another account", s.settled("savings"), []string{"1h0m0s 2026-03-09 -12.5"})
}
