package inspect_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"till/moneykit"
	"till/moneykit/inspect"
)

// weighing is an exchange whose body has received bytes and no room behind it.
func weighing(received int) moneykit.Exchange {
	e := answered("GET", "/links", "/links", http.StatusOK, "")
	e.ResponseBody = slices.Clip([]byte(strings.Repeat("x", received)))
	return e
}

// besides is more than what weighing has besides its body.
const besides = 2_000

func TestEntriesAreTheLastOnesNewestFirst(t *testing.T) {
	log := inspect.NewLog()
	if got := log.Entries(); len(got) != 0 {
		t.Fatalf("%d entries", len(got))
	}
	for i := range inspect.MaxExchanges + 7 {
		e := weighing(1)
		e.Attempt = i + 1
		log.Add(e)
	}
	entries := log.Entries()
	if len(entries) != inspect.MaxExchanges {
		t.Fatalf("%d entries", len(entries))
	}
	for i, e := range entries {
		number := inspect.MaxExchanges + 7 - i
		if e.Number != uint64(number) || e.Attempt != number || e.Retry() != number-1 || e.BodiesGone {
			t.Fatalf("entry %d: %d, attempt %d, gone %v", i, e.Number, e.Attempt, e.BodiesGone)
		}
	}
}

func TestOldBodiesMakeRoom(t *testing.T) {
	log := inspect.NewLog()
	log.Add(weighing(0))
	log.Add(weighing(0))
	for range 4 {
		log.Add(weighing(inspect.MaxBodies/4 - besides))
	}
	before := log.Entries()
	e := weighing(8 * besides)
	e.RequestBody = []byte("ab")
	log.Add(e)
	for i, gone := range []bool{false, false, false, false, true, false, false} { // the last ones had none to lose
		e := log.Entries()[i]
		if e.BodiesGone != gone || (len(e.ResponseBody) == 0) != (gone || e.Number < 3) {
			t.Errorf("entry %d: gone %v", e.Number, e.BodiesGone)
		}
	}
	if e := log.Entries()[4]; e.Received() != inspect.MaxBodies/4-besides || e.Sent() != 0 || e.Status != http.StatusOK {
		t.Errorf("received %d", e.Received())
	}
	if e := log.Entries()[0]; e.Received() != 8*besides || e.Sent() != 2 {
		t.Errorf("sent %d, received %d", e.Sent(), e.Received())
	}
	if e := before[3]; e.BodiesGone || len(e.ResponseBody) == 0 {
		t.Error("the snapshot has changed")
	}
}

func TestBodiesThatLeaveTheRingMakeRoomToo(t *testing.T) {
	log := inspect.NewLog()
	for range 3 * inspect.MaxExchanges {
		log.Add(weighing(inspect.MaxBodies/inspect.MaxExchanges - besides))
	}
	for _, e := range log.Entries() {
		if e.BodiesGone {
			t.Fatalf("entry %d has lost its bodies", e.Number)
		}
	}
	log.Add(weighing(inspect.MaxBodies + 1))
	for _, e := range log.Entries() {
		if !e.BodiesGone {
			t.Fatalf("entry %d has its bodies", e.Number)
		}
	}
	log.Add(weighing(1))
	if e := log.Entries()[0]; e.BodiesGone {
		t.Error("no room after a body that was too large")
	}
}

func TestFailed(t *testing.T) {
	for status, failed := range map[int]bool{0: true, 101: true, 200: false, 204: false, 299: false, 300: true, 302: true, 304: true, 399: true, 400: true, 500: true} {
		e := inspect.Entry{Exchange: moneykit.Exchange{Status: status}}
		if e.Failed() != failed {
			t.Errorf("%d: %v", status, e.Failed())
		}
	}
	broken := inspect.Entry{Exchange: moneykit.Exchange{Status: 200, Err: errors.New("broke off")}}
	if !broken.Failed() || broken.Retry() != 0 {
		t.Error("an answer that broke off is none")
	}
}

func TestNextWaitsForNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := inspect.NewLog()
		got := make(chan uint64, 1)
		next := func(after uint64) {
			go func() {
				n, err := log.Next(t.Context(), after)
				if err != nil {
					t.Error(err)
				}
				got <- n
			}()
		}
		next(0)
		synctest.Wait()
		select {
		case n := <-got:
			t.Fatalf("%d before there was anything", n)
		default:
		}
		log.Add(weighing(1))
		if n := <-got; n != 1 {
			t.Errorf("%d", n)
		}
		next(1)
		next(1) // both wake
		synctest.Wait()
		log.Add(weighing(1))
		if n, m := <-got, <-got; n != 2 || m != 2 {
			t.Errorf("%d and %d", n, m)
		}
		log.Add(weighing(1))
		next(0)
		if n := <-got; n != 3 {
			t.Errorf("%d", n)
		}
	})
}

func TestNextEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := inspect.NewLog()
		log.Add(weighing(1))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		if _, err := log.Next(ctx, 1); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Minute {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// A follower that asks again with what it was given sees the last entry,
// however the adds fall between its calls.
func TestNextMissesNothing(t *testing.T) {
	const adders, each = 8, 200
	log := inspect.NewLog()
	var adding sync.WaitGroup
	for range adders {
		adding.Go(func() {
			for range each {
				log.Add(weighing(9))
				_ = log.Entries()
				_ = log.Pace(noon)
			}
		})
	}
	last := uint64(0)
	for last < adders*each {
		n, err := log.Next(t.Context(), last)
		if err != nil {
			t.Fatal(err)
		}
		if n <= last {
			t.Fatalf("%d after %d", n, last)
		}
		last = n
	}
	adding.Wait()
	for i, e := range log.Entries() {
		if e.Number != uint64(adders*each-i) {
			t.Fatalf("entry %d has number %d", i, e.Number)
		}
	}
}

func TestPace(t *testing.T) {
	log := inspect.NewLog()
	if got := log.Pace(noon); got != (inspect.Pace{}) {
		t.Errorf("%+v", got)
	}
	add := func(ago, took time.Duration, status int) {
		log.Add(moneykit.Exchange{At: noon.Add(-ago), Duration: took, Status: status})
	}
	add(time.Minute, time.Hour, 500)  // no longer counts
	add(-time.Second, time.Hour, 500) // not yet
	for i := range 20 {
		status := 200
		if i%10 == 0 {
			status = 429
		}
		add(time.Duration(i)*2*time.Second, time.Duration(20-i)*time.Millisecond, status) // 0 s, 2 s, … 38 s ago
	}
	want := inspect.Pace{Calls: 20, Failed: 2, PerSecond: 0.5, Median: 10 * time.Millisecond, P95: 19 * time.Millisecond}
	for i := range 20 {
		want.Seconds[59-2*i] = 1
	}
	if got := log.Pace(noon); got != want {
		t.Errorf("%+v", got)
	}
}

// The pace goes further back than the ring.
func TestPaceOfABusyMinute(t *testing.T) {
	log := inspect.NewLog()
	const perSecond = 50
	for i := range 60 * perSecond {
		at := noon.Add(-time.Minute + time.Duration(i+1)*time.Second/perSecond)
		log.Add(moneykit.Exchange{At: at, Duration: time.Second, Status: 200})
	}
	want := inspect.Pace{Calls: 60 * perSecond, PerSecond: perSecond, Median: time.Second, P95: time.Second}
	for i := range want.Seconds {
		want.Seconds[i] = perSecond
	}
	want.Seconds[59] = 1 // it has just begun
	if got := log.Pace(noon); got != want {
		t.Errorf("%+v", got)
	}
}

func TestALogWithBoundsKeepsLess(t *testing.T) {
	log := inspect.NewLog(inspect.WithBounds(10, 40*besides))
	for range 35 {
		log.Add(weighing(besides))
	}
	entries := log.Entries()
	if len(entries) != 10 || entries[0].Number != 35 || entries[9].Number != 26 {
		t.Fatalf("%d entries", len(entries))
	}
	for _, e := range entries {
		if e.BodiesGone {
			t.Errorf("entry %d has lost its bodies", e.Number)
		}
	}
	log.Add(weighing(30 * besides))
	if e := log.Entries(); e[0].BodiesGone || !e[9].BodiesGone {
		t.Errorf("the newest gone %v, the oldest %v", e[0].BodiesGone, e[9].BodiesGone)
	}
	log.Add(weighing(41 * besides))
	if e := log.Entries()[0]; !e.BodiesGone {
		t.Error("a body beyond the bound is kept")
	}
	log = inspect.NewLog(inspect.WithBounds(0, -1))
	log.Add(weighing(1))
	log.Add(weighing(1))
	if e := log.Entries(); len(e) != 1 || e[0].Number != 2 || !e[0].BodiesGone {
		t.Errorf("%+v", e)
	}
}
