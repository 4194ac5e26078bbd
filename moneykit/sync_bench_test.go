package moneykit_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"till/moneykit"
	"till/moneykit/inspect"
	"till/moneykit/sandbox"
)

const (
	syncPages    = 200
	syncPageSize = 500
	syncRounds   = 9
	syncEnriched = 10 // one transaction in so many
)

// BenchmarkSync fetches 100,000 transactions over loopback, with the client and
// beside it without. Machines differ; the ratios hold.
func BenchmarkSync(b *testing.B) {
	base := startSyncServer(b)
	subjects := []struct {
		name string
		sync func(*testing.B, string) int
	}{
		{"no decoding", fetchAll},
		{"encoding/json, same structs", decodeAll},
		{"moneykit", func(b *testing.B, base string) int { return syncAll(b, base) }},
		{"moneykit, observed by inspect.Log", func(b *testing.B, base string) int {
			return syncAll(b, base, moneykit.WithObserver(inspect.NewLog().Add))
		}},
	}
	for b.Loop() {
		perSecond, size := make([][]float64, len(subjects)), make([][]float64, len(subjects))
		for range syncRounds {
			for i, s := range subjects {
				var before, after runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&before)
				began := time.Now()
				count := s.sync(b, base)
				took := time.Since(began)
				runtime.ReadMemStats(&after)
				if count != syncPages*syncPageSize {
					b.Fatalf("%s: %d transactions", s.name, count)
				}
				perSecond[i] = append(perSecond[i], float64(count)/took.Seconds())
				size[i] = append(size[i], float64(after.TotalAlloc-before.TotalAlloc)/float64(count))
			}
		}
		fmt.Printf("\nSync of %d transactions in pages of %d over loopback, median of %d rounds\n", syncPages*syncPageSize, syncPageSize, syncRounds)
		fmt.Printf("  %-34s %10s %10s %9s %9s %9s\n", "", "a second", "best", "bytes", "× none", "× json")
		for i, s := range subjects {
			fmt.Printf("  %-34s %10.0f %10.0f %9.0f %9.3f %9.2f\n", s.name, middle(perSecond[i]), slices.Max(perSecond[i]), middle(size[i]),
				times(perSecond[i], perSecond[0]), times(perSecond[i], perSecond[1]))
		}
		b.ReportMetric(middle(perSecond[2]), "tx/s")
		b.ReportMetric(middle(size[2]), "B/tx")
		b.ReportMetric(times(perSecond[2], perSecond[1]), "×json")
	}
}

func middle(of []float64) float64 { return slices.Sorted(slices.Values(of))[len(of)/2] }

// times compares what ran in the same round, and so under the same load.
func times(of, by []float64) float64 {
	ratios := make([]float64, len(of))
	for i := range of {
		ratios[i] = of[i] / by[i]
	}
	return middle(ratios)
}

// fetchAll reads the pages and does not look into them.
func fetchAll(b *testing.B, base string) int {
	eachSyncBody(b, base, func([]byte) {})
	return syncPages * syncPageSize
}

// decodeAll decodes with the standard library, which knows none of the methods
// that this package's structs decode themselves with.
func decodeAll(b *testing.B, base string) (count int) {
	eachSyncBody(b, base, func(body []byte) {
		var page moneykit.SyncPage
		if err := json.Unmarshal(body, &page); err != nil {
			b.Fatal(err)
		}
		count += len(page.Transactions.Created)
	})
	return count
}

func syncAll(b *testing.B, base string, opts ...moneykit.Option) (count int) {
	c := build(b, append(opts, moneykit.WithBaseURL(base), moneykit.WithRateLimit(0, 0))...)
	for cursor, more := "", true; more; {
		page, err := c.SyncTransactions(b.Context(), linkID, cursor, syncPageSize)
		if err != nil {
			b.Fatal(err)
		}
		count += len(page.Transactions.Created)
		cursor, more = page.Cursor.Next, page.HasMore
	}
	if found := c.Drift(); len(found) > 0 {
		b.Fatalf("drift: %+v", found)
	}
	return count
}

// eachSyncBody sends the client's requests without the client.
func eachSyncBody(b *testing.B, base string, use func([]byte)) {
	ask := func(method, target string) []byte {
		req, err := http.NewRequestWithContext(b.Context(), method, base+target, nil)
		must(err)
		req.Header.Set("Authorization", "Bearer token")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		if res.StatusCode >= http.StatusBadRequest {
			b.Fatal(res.Status)
		}
		body := make([]byte, res.ContentLength)
		if _, err := io.ReadFull(res.Body, body); err != nil {
			b.Fatal(err)
		}
		return body
	}
	ask("POST", "/auth/token")
	for page := range syncPages {
		use(ask("GET", fmt.Sprintf("/links/%s/transactions/sync?cursor=%d&size=%d", linkID, page, syncPageSize)))
	}
}

// startSyncServer serves pages that are made beforehand. What it allocates for
// a request, a few kB, is counted as the client's.
func startSyncServer(b *testing.B) (base string) {
	bodies := syncBodies(b)
	mux := http.NewServeMux()
	send := func(w http.ResponseWriter, status int, body []byte) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.Header().Set("X-Request-Id", "req_1")
		w.WriteHeader(status)
		_, _ = w.Write(body)
	}
	mux.HandleFunc("POST /auth/token", func(w http.ResponseWriter, _ *http.Request) {
		send(w, http.StatusCreated, []byte(`{"access_token":"token","token_type":"bearer","expires_in":3600}`))
	})
	mux.HandleFunc("GET /links/{id}/transactions/sync", func(w http.ResponseWriter, r *http.Request) {
		page, _ := strconv.Atoi(r.FormValue("cursor"))
		send(w, http.StatusOK, bodies[page])
	})
	srv := httptest.NewServer(mux)
	b.Cleanup(srv.Close)
	return srv.URL
}

// syncBodies makes pages of what the embedded Sandbox tells, under ids of their
// own. The cursor is the page's number.
func syncBodies(b *testing.B) (bodies [][]byte) {
	box := sandbox.New(sandbox.WithLinks(40), sandbox.WithClient(testID, testSecret))
	c := build(b, moneykit.WithTransport(box.Transport()), moneykit.WithRateLimit(0, 0))
	var rest map[string]json.RawMessage
	var plain, enriched []moneykit.Transaction
	for _, id := range box.LinkIDs() {
		page, err := c.SyncTransactions(b.Context(), moneykit.LinkID(id), "", syncPageSize)
		if err != nil {
			continue // of those that have none
		}
		if rest == nil {
			must(json.Unmarshal(page.Body, &rest))
		}
		for _, t := range page.Transactions.Created {
			if t.Enrichment == nil {
				plain = append(plain, t)
			} else {
				enriched = append(enriched, t)
			}
		}
	}
	for n := range syncPages {
		var created []string
		for i := n * syncPageSize; i < (n+1)*syncPageSize; i++ {
			t := plain[i%len(plain)]
			if i%syncEnriched == 0 {
				t = enriched[i/syncEnriched%len(enriched)]
			}
			created = append(created, strings.Replace(string(t.JSON()), string(t.ID), fmt.Sprintf("txn_%022d", i), 1))
		}
		body := fmt.Sprintf(`{"transactions":{"created":[%s],"updated":[],"removed":[]},"accounts":%s,"cursor":{"next":"%d"},"has_more":%t,"link":%s}`,
			strings.Join(created, ","), rest["accounts"], n+1, n+1 < syncPages, rest["link"])
		bodies = append(bodies, []byte(body))
	}
	return bodies
}
