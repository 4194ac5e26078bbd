package views

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"till/keystore"
	"till/moneykit"
	"till/moneykit/sandbox"
	"till/moneykit/watch"
	"till/ui/theme"
)

// results are one of each kind.
func results(began time.Time) []watch.Result {
	products := []moneykit.Product{moneykit.ProductAccounts, moneykit.ProductTransactions}
	all := []watch.Result{
		{Outcome: watch.Left, Why: watch.SkipDeleted},
		{Outcome: watch.Left, Why: watch.SkipLimit, Until: began.Add(30 * time.Minute)},
		{Outcome: watch.Succeeded, RequestID: "req_31", Took: 2100 * time.Millisecond},
		{Outcome: watch.Refused, RequestID: "req_32", Took: 4 * time.Second, Failures: map[moneykit.Product]moneykit.ProductStatus{
			moneykit.ProductTransactions: {ErrorCode: moneykit.ProductInstitutionError, ErrorMessage: "東京銀行 \x1b[2Jdid not answer"},
		}},
		{Outcome: watch.Unsure, Err: &moneykit.ConnectionError{Err: errors.New("dial tcp: network is unreachable")}},
		{Outcome: watch.NoEnd, RequestID: "req_33", Took: 2 * time.Minute},
		{Outcome: watch.LimitMet, RequestID: "req_34", Until: began.Add(3 * time.Hour), Err: &moneykit.Error{Status: 429}},
		{Outcome: watch.Cancelled},
	}
	for i := range all {
		all[i].Link, all[i].At, all[i].Products = moneykit.LinkID(fmt.Sprintf("mk_%d", i)), began.Add(time.Minute), products
	}
	return all
}

// finished is the screen of a job that is over, with those results.
func finished(t *testing.T, s *session, results []watch.Result) *jobScreen {
	t.Helper()
	run, err := s.watch.Start(watch.Plan{Kind: watch.RefreshJob, Products: results[0].Products}, nil)
	if err != nil {
		t.Fatal(err)
	}
	progress := watch.JobProgress{Total: 6, Ended: 6, Over: true, Counts: map[watch.Outcome]int{}}
	screen := newJob(s, &job{Job: run, began: time.Now(), progress: progress})
	for i, r := range results {
		progress.Counts[r.Outcome]++
		screen.rows.shown = append(screen.rows.shown, i)
		s.watch.Recall(watch.Snapshot{ID: r.Link, Link: &moneykit.Link{ID: r.Link, InstitutionName: fmt.Sprintf("Bank %d 東京", i)}})
	}
	screen.rows.results = results
	screen.table.SetSource(&screen.rows)
	screen.SetTheme(theme.New(true))
	return screen
}

func TestGoldenResults(t *testing.T) {
	frames := map[string]string{}
	synctest.Test(t, func(t *testing.T) {
		client, err := moneykit.New(moneykit.Credentials{
			ClientID: sandbox.DefaultClientID, ClientSecret: moneykit.NewSecret(sandbox.DefaultClientSecret),
		}, moneykit.WithTransport(sandbox.New().Transport()))
		if err != nil {
			t.Fatal(err)
		}
		s := newSession(&App{}, keystore.Profile{Mode: keystore.Sandbox}, keystore.FromKeyring, client, memory(t))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go s.watch.Run(ctx)
		synctest.Wait()
		screen := finished(t, s, results(time.Now()))
		for _, size := range [][2]int{{76, 20}, {116, 32}} {
			screen.SetSize(size[0], size[1])
			checkFrame(t, screen.View(), size[0], size[1])
			frames[fmt.Sprintf("%dx%d", size[0], size[1])] = ansi.Strip(screen.View()) + "\n"
		}
	})
	for size, frame := range frames {
		t.Run(size, func(t *testing.T) { golden.RequireEqual(t, frame) })
	}
}
