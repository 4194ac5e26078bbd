package sandbox

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// ErrDamaged means that a file does not hold the state of a Sandbox, or not all
// of it. Nothing is done to the file.
var ErrDamaged = errors.New("the file is not the state of a Sandbox, or is damaged")

// stateHead begins a file of state; the sum of what follows comes after it.
const stateHead = "till sandbox state 1 sha256:"

// Shape is how large a world is, and how its banks behave.
type Shape struct {
	Seed            uint64 `json:"seed"`
	Links           int    `json:"links"`        // that it starts with
	Transactions    int    `json:"transactions"` // that a link starts with, about
	PendingReplaced bool   `json:"pending_replaced"`
}

// Shape tells what the Sandbox was made with, or the one was that it goes on
// from.
func (s *Sandbox) Shape() Shape {
	return Shape{s.seed, s.linkCount, s.transactions, s.pendingReplaced}
}

// savedState is what is kept of a Sandbox across runs. The seed, and how much it
// makes, belong to it: with others, the rest would mean something else.
type savedState struct {
	Shape   Shape     `json:"shape"`
	SavedAt time.Time `json:"saved_at"` // by the Sandbox's clock
	RealAt  time.Time `json:"real_at"`  // by the one below
	World   world     `json:"world"`
}

// Save writes the Sandbox's state to a file. The file is the old or the new one
// at any moment, never a part of one.
func (s *Sandbox) Save(path string) error {
	s.saving.Lock()
	defer s.saving.Unlock()
	s.mu.Lock()
	text, err := json.Marshal(savedState{Shape: s.Shape(), SavedAt: s.now(), RealAt: s.clock(), World: s.world})
	s.unsaved = false
	s.mu.Unlock()
	if err == nil {
		err = replaceFile(path, text)
	}
	if err != nil {
		s.mu.Lock()
		s.unsaved = true
		s.mu.Unlock()
		return fmt.Errorf("sandbox: save the state: %w", err)
	}
	return nil
}

// saveEvery is how often the state is saved while it changes.
const saveEvery = time.Second

// saveShare is how many times as long as saving takes the Sandbox is left to
// its work.
const saveShare = 10

// lostAtMost is how many ids a Sandbox that was killed may have handed out since
// it was last saved. The next one passes over them.
const lostAtMost = 1 << 20

// Keep saves the state whenever it changed, until ctx ends, and then once more.
// A failure is told and tried again; the last one is returned.
func (s *Sandbox) Keep(ctx context.Context, path string, failed func(error)) error {
	tick := time.NewTicker(saveEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return s.Save(path)
		case <-tick.C:
		}
		if !s.isUnsaved() {
			continue
		}
		start := time.Now()
		if err := s.Save(path); err != nil {
			failed(err)
		}
		tick.Reset(max(saveEvery, saveShare*time.Since(start))) // a large world is saved less often
	}
}

func (s *Sandbox) isUnsaved() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.unsaved
}

// replaceFile writes text and its sum beside the file, and then puts it in the
// file's place.
func replaceFile(path string, text []byte) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*"+unfinished)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name())
		}
	}()
	sum := sha256.Sum256(text)
	_, err = file.Write(slices.Concat([]byte(stateHead+hex.EncodeToString(sum[:])+"\n"), text, []byte("\n")))
	if err == nil {
		err = file.Sync()
	}
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

// Open makes a Sandbox that goes on where the one stopped whose state is in a
// file. Without the file it makes a new one. What the state says of the seed,
// the number of links and transactions and the manner of pending ones counts
// more than the options.
//
// The time in the Sandbox goes on from when the state was saved; what passed
// since counts at its usual rate, unless the clock was stopped. Key pairs and
// faults are not in the file.
func Open(path string, opts ...Option) (*Sandbox, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return New(opts...), nil
	}
	if err != nil {
		return nil, fmt.Errorf("sandbox: read the state: %w", err)
	}
	saved, err := parseState(text)
	if err != nil {
		return nil, fmt.Errorf("sandbox: %s: %w", path, err)
	}
	return resume(saved, opts), nil
}

func parseState(text []byte) (*savedState, error) {
	head, body, _ := bytes.Cut(text, []byte("\n"))
	sum, ours := strings.CutPrefix(string(head), stateHead)
	body = bytes.TrimSuffix(body, []byte("\n"))
	if got := sha256.Sum256(body); !ours || hex.EncodeToString(got[:]) != sum {
		return nil, ErrDamaged
	}
	var saved savedState
	if err := json.Unmarshal(body, &saved); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return &saved, nil
}

func resume(saved *savedState, opts []Option) *Sandbox {
	s := blank(append(slices.Clone(opts), WithShape(saved.Shape)))
	s.world = saved.World
	s.Requests, s.Minted = s.Requests+lostAtMost, s.Minted+lostAtMost
	now, away := s.clock(), max(0, s.clock().Sub(saved.RealAt))
	if s.Dial.Rate == 0 {
		away = 0
	}
	s.turn(dial{At: saved.SavedAt.Add(away), Real: now, Rate: s.Dial.Rate})
	planned := map[string]bool{}
	for _, e := range s.Agenda {
		planned[e.Delivery] = true
	}
	for _, l := range s.Links {
		s.adopt(l)
		if l.Place >= s.linkCount {
			s.made[l.User] = append(s.made[l.User], l.Place)
		}
	}
	for _, places := range s.made {
		slices.Sort(places)
	}
	for _, d := range slices.SortedFunc(maps.Values(s.Deliveries), func(a, b *delivery) int { return cmp.Compare(a.Number, b.Number) }) {
		if !planned[d.Token] { // it was being sent
			place, _ := s.place(d.LinkID)
			s.plan(event{At: s.now(), Duty: sendWebhook, Place: place, Delivery: d.Token})
		}
	}
	return s
}

// ErrHeld means that another process keeps its Sandbox in the same file.
var ErrHeld = errors.New("another process keeps its Sandbox there")

// Hold keeps a file of state for this process until release is called. It makes
// a file of the same name with .lock added, and leaves it.
func Hold(path string) (release func(), err error) {
	lock := flock.New(path + ".lock")
	held, err := lock.TryLock()
	switch {
	case err != nil:
		return nil, fmt.Errorf("sandbox: hold the state: %w", err)
	case !held:
		return nil, fmt.Errorf("sandbox: %s: %w", path, ErrHeld)
	}
	for _, file := range unfinishedFiles(path) {
		_ = os.Remove(file)
	}
	return func() { _ = lock.Unlock() }, nil
}

// unfinishedFiles are what writers left who were killed.
func unfinishedFiles(path string) []string {
	files, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"+unfinished))
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(files, func(file string) bool { return !strings.HasPrefix(filepath.Base(file), filepath.Base(path)+".") })
}

// unfinished ends the name of a file that is being written.
const unfinished = ".till-new"
