package mirror_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"till/moneykit"
	"till/moneykit/mirror"
)

func answered(product moneykit.Product, hour int, body string) mirror.Answer {
	return mirror.Answer{Product: product, At: noon.Add(time.Duration(hour) * time.Hour), RequestID: "r" + body, Body: []byte(body)}
}

func (s stored) answers(answers ...mirror.Answer) {
	s.Helper()
	for _, a := range answers {
		if err := s.PutAnswer(s.Context(), bank, a); err != nil {
			s.Fatal(err)
		}
	}
}

func (s stored) answer(product moneykit.Product) mirror.Answer {
	s.Helper()
	a, err := s.Answer(s.Context(), bank, product)
	if err != nil {
		s.Fatal(err)
	}
	return a
}

func (s stored) sensitive(keep bool) {
	s.Helper()
	if err := s.KeepSensitive(s.Context(), keep); err != nil {
		s.Fatal(err)
	}
}

func TestTheNewestAnswerIsKept(t *testing.T) {
	s := newStored(t)
	holdings := moneykit.ProductInvestments
	same(t, "none", s.answer(holdings), mirror.Answer{})
	s.answers(answered(holdings, 1, "one"), answered(holdings, 2, "two"))
	same(t, "the newest", s.answer(holdings), answered(holdings, 2, "two"))
	s.answers(answered(holdings, 1, "late"))
	same(t, "after one that came late", s.answer(holdings), answered(holdings, 2, "two"))
	s.answers(answered(holdings, 5, "two"))
	s.answers(answered(holdings, 3, "two"))
	same(t, "the same again", s.answer(holdings), answered(holdings, 5, "two"))
	s.answers(answered(holdings, 5, "at once"))
	same(t, "in the same moment", s.answer(holdings), answered(holdings, 5, "at once"))
	if a, err := s.Answer(t.Context(), "mk_other", holdings); a.Body != nil || err != nil {
		t.Errorf("another link: %+v, %v", a, err)
	}
	same(t, "another product", s.answer(moneykit.ProductTransactions), mirror.Answer{})
}

// TestARowAChange looks into the file.
func TestARowAChange(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mirror.db")
	s := stored{t, open(t, path, nil)}
	for hour, body := range []string{"one", "one", "two", "two", "one"} {
		s.answers(answered(moneykit.ProductInvestments, hour, body))
	}
	stmt, _, err := plain(t, path).Prepare("SELECT count(*) FROM answers")
	if err != nil || !stmt.Step() {
		t.Fatal(err, stmt.Err())
	}
	defer func() { _ = stmt.Close() }()
	if n := stmt.ColumnInt(0); n != 3 {
		t.Errorf("%d rows", n)
	}
}

const number = "GB33BUKB20201555555555"

func TestNumbersAndIdentityAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mirror.db")
	s := stored{t, open(t, path, nil)}
	for _, product := range []moneykit.Product{moneykit.ProductAccountNumbers, moneykit.ProductIdentity} {
		if err := s.PutAnswer(t.Context(), bank, answered(product, 1, number)); !errors.Is(err, mirror.ErrSensitive) {
			t.Errorf("%s: %v", product, err)
		}
		same(t, "kept", s.answer(product), mirror.Answer{})
	}
	s.answers(answered(moneykit.ProductInvestments, 1, "holdings"))
	holds := func(text string) bool {
		found := false
		for _, suffix := range []string{"", "-wal"} {
			raw, err := os.ReadFile(path + suffix)
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				t.Fatal(err)
			}
			found = found || bytes.Contains(raw, []byte(text))
		}
		return found
	}
	if holds(number) || !holds("holdings") {
		t.Error("the file holds what it must not, or nothing")
	}
	_ = s.Close()
	if holds(number) || !holds("holdings") {
		t.Error("the closed file holds what it must not, or nothing")
	}
}

func TestWhatIsSensitiveGoesWithoutTheWish(t *testing.T) {
	for name, begin := range map[string]func(string) *mirror.Store{
		"file":   func(path string) *mirror.Store { return open(t, path, key) },
		"memory": func(string) *mirror.Store { return newStored(t).Store },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "mirror.db")
			s := stored{t, begin(path)}
			s.sensitive(true)
			all := []mirror.Answer{
				answered(moneykit.ProductAccountNumbers, 1, number), answered(moneykit.ProductIdentity, 1, "Jane"), answered(moneykit.ProductInvestments, 1, "holdings"),
			}
			s.answers(all...)
			if name == "file" { // as in a next run
				_ = s.Close()
				s = stored{t, begin(path)}
			}
			s.sensitive(true)
			for _, a := range all {
				same(t, "with the wish", s.answer(a.Product), a)
			}
			s.sensitive(false)
			same(t, "numbers", s.answer(moneykit.ProductAccountNumbers), mirror.Answer{})
			same(t, "identity", s.answer(moneykit.ProductIdentity), mirror.Answer{})
			same(t, "holdings", s.answer(moneykit.ProductInvestments), all[2])
			if err := s.PutAnswer(t.Context(), bank, all[0]); !errors.Is(err, mirror.ErrSensitive) {
				t.Errorf("%v", err)
			}
		})
	}
}
