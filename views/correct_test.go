package views

import (
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"till/moneykit"
)

func TestACategoryIsCorrected(t *testing.T) {
	t.Parallel()
	in(t, 120, 40, func(t *testing.T, w *world) {
		w.at(t, 3)
		w.Press("enter", "3")
		w.Sees("eating out and takeaways")
		w.Press("c")
		w.Sees("PENDING VELVET FIG", "now eating out and takeaways")
		w.Press("enter") // as it is
		w.Misses("Correct the category")
		route := "POST /links/" + w.link(3) + "/transactions/"
		if slices.ContainsFunc(w.wire.seen, func(r string) bool { return strings.HasPrefix(r, route) }) {
			t.Error("a correction to the same was sent")
		}
		w.Press("c")
		w.Type("coff")
		w.Press("enter")
		w.Sees("Corrected: coffee", "PENDING VELVET FIG  eating out and takeaways → coffee",
			"Corrected, too, since alike: 7 past transactions", "Velvet Fig  eating out and takeaways → coffee", "and 2 more", "~8")
		w.Press("enter")
		w.Misses("Corrected:")
		w.Sees("subcategory  coffee")
		w.Press("4")
		w.Sees("sync 2", "eating out and takeaways → coffee")
	})
}

func TestACorrectionThatFailsIsTold(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.at(t, 3)
		w.Press("enter", "3")
		w.wire.breaks(http.MethodPost, "/enrichment", status(500, `{}`))
		w.Press("c")
		w.Type("coff")
		w.Press("enter")
		w.Wait(10 * time.Second)
		w.Sees("The category was not corrected", "req_broken")
		w.wire.breaks(http.MethodPost, "/enrichment", unplugged)
		w.Type("coff")
		w.Press("enter")
		w.Wait(10 * time.Second)
		w.Sees("may or may not be corrected")
		w.wire.mends()
		w.Type("coff")
		w.Press("enter")
		w.Sees("Corrected: coffee")
	})
}

// Whoever does not wait for a correction is told of it beside what is done meanwhile.
func TestACorrectionIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	for told, fault := range map[string]func(*http.Request) (*http.Response, error){
		"The category was not corrected":                   status(422, `{"error_code":"api_error.x","error_message":"No."}`),
		"Corrected: coffee, and 7 past transactions alike": nil,
	} {
		in(t, 120, 40, func(_ *testing.T, w *world) {
			w.at(t, 3)
			w.Press("enter", "3")
			w.wire.breaks(http.MethodPost, "/enrichment", func(r *http.Request) (*http.Response, error) {
				time.Sleep(time.Second)
				if fault == nil {
					return w.wire.sandbox.RoundTrip(r)
				}
				return fault(r)
			})
			w.Press("c")
			w.Type("coff")
			w.Press("enter")
			w.Sees("Working…")
			w.Press("esc", "e")
			w.Sees("will be written")
			w.Wait(2 * time.Second)
			w.Sees("will be written", told)
			w.Press("esc")
			w.Misses("will be written", "since alike")
		})
	}
}

func TestWhatCannotBeCorrected(t *testing.T) {
	t.Parallel()
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.at(t, 1)
		w.Press("enter", "3", "c")
		w.Sees("this link has no enrichment")
	})
	in(t, 80, 24, func(t *testing.T, w *world) {
		w.at(t, 3)
		w.Press("enter", "3")
		w.Misses("c correct")
		w.Press("c")
		w.Misses("Correct the category")
	}, func(w *world) { w.app.ReadOnly = true })
}

// MoneyKit may answer with transactions that it only holds to be alike.
func TestThoseThatAreOnlyAlikeAreToldApart(t *testing.T) {
	t.Parallel()
	guess := func(id, category, part string) moneykit.Transaction {
		e := &moneykit.Enrichment{Category: moneykit.Guess{Value: category}}
		if part != "" {
			e.Subcategory = &moneykit.Guess{Value: part}
		}
		return moneykit.Transaction{ID: moneykit.TransactionID(id), Description: "Shop " + id, Enrichment: e}
	}
	d := newCorrectedDialog(corrected{
		of: guess("a", "home", ""), to: moneykit.Correction{Category: "food_and_drink", Subcategory: "coffee"},
		answer: []moneykit.Transaction{
			guess("a", "food_and_drink", "coffee"), guess("b", "food_and_drink", "coffee"), guess("c", "food_and_drink", "coffee"),
			guess("d", "food_and_drink", ""), guess("e", "home", "coffee"),
			{ID: "f", Category: "home"},
		},
		before: map[moneykit.TransactionID]moneykit.Transaction{"b": guess("b", "home", "pets")},
	})
	got := ansi.Strip(d.View(70, 20))
	for _, want := range []string{
		"Shop a  home → coffee", "since alike: 2 past", "Shop b  pets → coffee", "Shop c  → coffee",
		"Alike, and not corrected: 3 past", "Shop d  food and drink", "Shop e  coffee", "—  home",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
	if alone := newCorrectedDialog(corrected{of: guess("a", "home", ""), answer: []moneykit.Transaction{guess("a", "home", "")}}); !strings.Contains(alone.View(70, 9), "no other like it") {
		t.Error(alone.View(70, 9))
	}
}

// TestEveryCategoryCanBeChosen compares with the words of the contract.
func TestEveryCategoryCanBeChosen(t *testing.T) {
	t.Parallel()
	var names, parts []string
	for _, c := range categories() {
		names = append(names, string(c.category))
		for _, part := range c.parts {
			parts = append(parts, string(part))
		}
	}
	for file, got := range map[string][]string{"categories": names, "subcategories": parts} {
		text, err := os.ReadFile("../assets/words/" + file + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		if want := strings.Fields(string(text)); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", file, got, want)
		}
	}
	options := correctionOptions("travel/other_travel")
	if len(options) != len(names)+len(parts) || options[0].Value != "travel/other_travel" || options[1].Value != "banking/" {
		t.Errorf("%d options, the first %q", len(options), options[0])
	}
	if options := correctionOptions("unheard_of/"); len(options) != len(names)+len(parts)+1 || options[0].Key != "unheard of" {
		t.Errorf("%d options, the first %q", len(options), options[0])
	}
}
