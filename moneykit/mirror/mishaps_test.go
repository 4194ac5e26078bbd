package mirror_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"till/moneykit"
	"till/moneykit/mirror"
)

// What was read while the clock was ahead does not keep later reads out.
func TestAClockThatWasAhead(t *testing.T) {
	s := newStored(t)
	years := int(time.Until(noon.AddDate(9, 0, 0)).Hours())
	s.accounts(years, account(t, "a", "1"))
	s.accounts(1, account(t, "a", "2"))
	accounts, _, err := s.Accounts(t.Context(), bank)
	if err != nil || !accounts[0].Balances.Current.Decimal.Equal(decimal.RequireFromString("2")) {
		t.Errorf("%+v, %v", accounts, err)
	}
	history, err := s.Balances(t.Context(), bank, "a")
	if err != nil || len(history) != 2 || !history[1].Current.Decimal.Equal(decimal.RequireFromString("2")) {
		t.Errorf("%+v, %v", history, err)
	}
	s.put(seen(t, "a", years, "connected", ""), seen(t, "a", 1, "error", "auth_expired"))
	same(t, "links", s.seen(), []string{"a error 13:00 r1"})
}

// Whoever looks while a sync is under way finds the rest of it the next time.
func TestWhatASyncBringsLateIsNews(t *testing.T) {
	s := newStored(t)
	s.apply(mirror.Page{Seq: 1, At: noon, After: "c1", More: true, Created: []moneykit.Transaction{txn("a")}})
	s.apply(mirror.Page{Seq: 1, At: noon.Add(time.Minute), Before: "c1", After: "c2", Created: []moneykit.Transaction{txn("b")}})
	if news, err := s.News(t.Context(), noon.Add(time.Second), mirror.News{}, 10); err != nil || len(news) != 1 {
		t.Errorf("%v, %v", news, err)
	}
}

// The currency of an account is known under its new id, whose balance is the old one.
func TestFlowUnderANewID(t *testing.T) {
	s := newStored(t)
	s.accounts(1, called(t, "a", "depository.checking", "1234", "Checking"))
	s.accounts(2, called(t, "b", "depository.checking", "1234", "Checking"))
	s.news(txn("x", in("b")))
	if flow, err := s.Flow(t.Context(), bank, "b"); err != nil || len(flow) != 1 {
		t.Errorf("%v, %v", flow, err)
	}
}

// Account numbers that are kept no longer are not in the file either.
func TestDroppedNumbersAreNotInTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mirror.db")
	number := []byte("4711081512345678")
	holds := func() bool {
		for _, suffix := range []string{"", "-wal"} {
			if content, err := os.ReadFile(path + suffix); err == nil && bytes.Contains(content, number) {
				return true
			}
		}
		return false
	}
	for _, keep := range []bool{true, false} {
		s := open(t, path, nil)
		err := s.KeepSensitive(t.Context(), keep)
		if err == nil && keep {
			err = s.PutAnswer(t.Context(), bank, mirror.Answer{Product: moneykit.ProductAccountNumbers, At: noon, Body: []byte(`{"n":"` + string(number) + `"}`)})
		}
		if err != nil || holds() != keep {
			t.Errorf("kept %t, in the file %t, %v", keep, holds(), err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Who waits for the connection waits no longer than it wants.
func TestTheWaitForAConnectionEnds(t *testing.T) {
	s := stored{t, open(t, filepath.Join(t.TempDir(), "mirror.db"), nil)}
	done := s.Searching()
	defer done()
	ctx, cancel := context.WithCancel(t.Context())
	answered := make(chan error)
	go func() {
		_, err := s.Find(ctx, bank, mirror.Filter{}, mirror.ByDate, false, 0)
		answered <- err
	}()
	cancel()
	if err := <-answered; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestManyMakeOneFile(t *testing.T) {
	dir := t.TempDir()
	for round := range 30 {
		var openers sync.WaitGroup
		for range 3 {
			openers.Go(func() {
				s, err := mirror.Open(filepath.Join(dir, fmt.Sprint(round)), nil)
				if err != nil {
					t.Errorf("%v", err)
					return
				}
				_ = s.Close()
			})
		}
		openers.Wait()
	}
}
