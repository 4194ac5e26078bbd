package sandbox

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"runtime"
	"testing"
	"time"
)

// BenchmarkScale prints what large worlds cost beside the usual one: to start,
// and to touch.
func BenchmarkScale(b *testing.B) {
	for b.Loop() {
		fmt.Printf("\n%-34s %12s %12s %14s %14s %12s\n", "Sandbox", "start", "a page", "first touch", "all of a link", "memory")
		for _, world := range []struct {
			name string
			opts []Option
			page string
		}{
			{"12 links × 400", nil, "/links?limit=5000"},
			{"100,000 links × 400", []Option{WithLinks(100_000)}, "/links?limit=5000"},
			{"2,500 links × 400 (1 million)", []Option{WithLinks(2500)}, "/links?limit=5000"},
			{"1 link × 100,000", []Option{WithLinks(1), WithTransactions(100_000)}, "/links"},
			{"1 link × 1,000,000", []Option{WithLinks(1), WithTransactions(1_000_000)}, "/links"},
		} {
			before := heapSize()
			start := time.Now()
			box := New(world.opts...)
			started := time.Since(start)
			box.Tokens[digest("token")] = accessToken{ClientID: DefaultClientID, ExpiresAt: time.Now().Add(time.Hour)}
			page := box.timed(world.page)
			link := "/links/" + box.linkID(0)
			touch := box.timed(link + "/transactions/sync?size=1")
			start = time.Now()
			for path := link + "/transactions/sync"; path != ""; {
				path = box.nextSync(link, path)
			}
			all := time.Since(start)
			fmt.Printf("%-34s %12s %12s %14s %14s %9.1f MB\n", world.name, round(started), round(page), round(touch), round(all), float64(heapSize()-before)/1e6)
			runtime.KeepAlive(box)
		}
	}
}

func round(d time.Duration) time.Duration {
	return d.Round(max(time.Microsecond, d.Truncate(10*time.Microsecond)/1000))
}

func heapSize() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func (s *Sandbox) fetchText(path string) answer {
	req := httptest.NewRequest("GET", path, nil)
	req.Header.Set("Authorization", "Bearer token")
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, req)
	return answer{status: rec.Code, header: rec.Header(), body: rec.Body.Bytes()}
}

func (s *Sandbox) timed(path string) time.Duration {
	start := time.Now()
	s.fetchText(path)
	return time.Since(start)
}

// nextSync asks for a page, and returns the path of the next, empty after the
// last.
func (s *Sandbox) nextSync(link, path string) string {
	got := s.fetchText(path)
	if got.status != 200 {
		panic(string(got.body))
	}
	var page struct {
		Cursor  cursorAnswer `json:"cursor"`
		HasMore bool         `json:"has_more"`
	}
	if err := json.Unmarshal(got.body, &page); err != nil {
		panic(err)
	}
	if !page.HasMore {
		return ""
	}
	return link + "/transactions/sync?cursor=" + *page.Cursor.Next
}
