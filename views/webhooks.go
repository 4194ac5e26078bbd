package views

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"syscall"
	"time"

	tea "charm.land/bubbletea/v2"

	"till/moneykit"
	"till/moneykit/watch"
	"till/moneykit/webhooks"
	"till/ui"
)

// WebhookReceiver receives the webhooks of a session until it is closed.
type WebhookReceiver interface {
	URL() string
	Local() string
	Next(ctx context.Context, seen int) (webhooks.State, error)
	Close()
}

// mostPointed is how many of the Sandbox's links send their webhooks to the
// receiver at most.
const mostPointed = 50

// mostHooks is how many deliveries a session shows.
const mostHooks = 1000

// hooks are the webhooks of a session: who receives them, and what came. It lives
// on the program's loop.
type hooks struct {
	receiver WebhookReceiver // nil while none listens
	config   webhooks.Config // of the receiver before, so that links find it again
	started  bool            // once
	starting bool
	err      error // why none listens
	seen     int   // number of the newest delivery of the receiver
	refused  int   // requests that were no delivery
	refusal  string

	all      []*hook // oldest first
	awaiting map[moneykit.LinkID][]*hook

	pointed  []moneykit.LinkID        // links that send here
	tried    map[moneykit.LinkID]bool // that were to
	pointing bool
	unsent   error // why others do not
}

// hook is a delivery, and what MoneyKit said of its link afterwards.
type hook struct {
	*webhooks.Delivery
	looked time.Time // when the link was asked for, by this machine's clock
	link   watch.Snapshot
}

// Messages about the webhooks of a session, for all its screens.
type (
	hooksOpenedMsg struct {
		of       *session
		receiver WebhookReceiver
		config   webhooks.Config
		err      error
	}
	hooksCameMsg struct {
		of       *session
		receiver WebhookReceiver
		state    webhooks.State
	}
	hooksPointedMsg struct {
		of       *session
		receiver WebhookReceiver
		links    []moneykit.LinkID
		err      error
	}
)

// startHooks listens for webhooks.
func (s *session) startHooks() tea.Cmd {
	h := &s.hooks
	if h.receiver != nil || h.starting {
		return nil
	}
	h.started, h.starting, h.err = true, true, nil
	ctx, config := s.ctx, h.config
	config.Now = s.clock.now
	return func() tea.Msg {
		receiver, err := s.receive(ctx, config)
		return hooksOpenedMsg{s, receiver, config, err}
	}
}

// receive starts a receiver.
func (s *session) receive(ctx context.Context, config webhooks.Config) (WebhookReceiver, error) {
	receiver, err := s.app.Webhooks(ctx, s.client, config)
	switch {
	case err == nil:
		return receiver, nil
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("something else listens at %s already", config.Address)
	}
	return nil, errors.New(strings.TrimPrefix(err.Error(), "webhooks: "))
}

// stopHooks listens no more. What came stays.
func (s *session) stopHooks() tea.Cmd {
	receiver := s.hooks.receiver
	if receiver == nil {
		return nil
	}
	s.hooks.receiver = nil
	return func() tea.Msg {
		receiver.Close()
		return ui.Toast(ui.Notice, "Webhooks are no longer received")()
	}
}

// hooked takes in a message about webhooks.
func (s *session) hooked(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case hooksOpenedMsg:
		if msg.of == s {
			return s.hooksOpened(msg)
		}
	case hooksCameMsg:
		if msg.of == s && msg.receiver == s.hooks.receiver {
			s.hooksCame(msg.state)
			return awaitHooks(s.ctx, s, msg.receiver, msg.state.Version)
		}
	case hooksPointedMsg:
		if msg.of == s && msg.receiver == s.hooks.receiver {
			h := &s.hooks
			h.pointed, h.unsent, h.pointing = append(h.pointed, msg.links...), cmp.Or(msg.err, h.unsent), false
		}
	}
	return nil
}

func (s *session) hooksOpened(msg hooksOpenedMsg) tea.Cmd {
	h := &s.hooks
	h.starting, h.receiver, h.err = false, msg.receiver, msg.err
	h.seen, h.pointed, h.tried, h.unsent = 0, nil, map[moneykit.LinkID]bool{}, nil
	if msg.err != nil {
		h.receiver, h.config = nil, webhooks.Config{} // the next one gets a place of its own
		return ui.Toast(ui.Failure, "Webhooks are not received: "+explain(msg.err).line())
	}
	var told tea.Cmd
	if msg.config.Address != "" {
		told = ui.Toast(ui.Notice, "Webhooks are received again")
	}
	h.config = msg.config
	if u, err := url.Parse(msg.receiver.Local()); err == nil {
		h.config.Address, h.config.Path = u.Host, u.EscapedPath()
	}
	return tea.Batch(told, awaitHooks(s.ctx, s, h.receiver, 0), s.point(s.known()))
}

func awaitHooks(ctx context.Context, s *session, r WebhookReceiver, seen int) tea.Cmd {
	return func() tea.Msg {
		state, err := r.Next(ctx, seen)
		if err != nil {
			return nil
		}
		return hooksCameMsg{s, r, state}
	}
}

// point lets links of the embedded Sandbox send their webhooks here, the first of
// them when they are many.
func (s *session) point(links []moneykit.LinkID) tea.Cmd {
	h := &s.hooks
	links = links[:min(len(links), mostPointed-len(h.tried))]
	if !s.embedded || s.app.ReadOnly || len(links) == 0 {
		return nil
	}
	for _, id := range links {
		h.tried[id] = true
	}
	h.pointing = true
	ctx, receiver := s.ctx, h.receiver
	return func() tea.Msg {
		took, err := pointed(ctx, s.client, links, receiver.URL())
		return hooksPointedMsg{s, receiver, took, err}
	}
}

// pointNew lets links that have come into being meanwhile send here too.
func (s *session) pointNew(snapshots []watch.Snapshot) tea.Cmd {
	h := &s.hooks
	if h.receiver == nil || h.pointing {
		return nil
	}
	var links []moneykit.LinkID
	for _, one := range snapshots {
		if one.Link != nil && one.Link.Webhook == "" && one.Link.State != moneykit.Deleted && !h.tried[one.ID] {
			links = append(links, one.ID)
		}
	}
	return s.point(links)
}

// pointed sets the webhook of links, and returns those that took it. Links that
// are gone are left out.
func pointed(ctx context.Context, client *moneykit.Client, links []moneykit.LinkID, to string) (took []moneykit.LinkID, err error) {
	for _, id := range links {
		switch _, failed := client.UpdateLink(ctx, id, moneykit.LinkUpdate{Webhook: &to}); {
		case failed == nil:
			took = append(took, id)
		case !ofTheLink(failed):
			err = failed
		}
	}
	return took, err
}

// hooksCame takes deliveries in, and has the links of those that were verified
// read: what a webhook says of a link is not its state.
func (s *session) hooksCame(state webhooks.State) {
	h := &s.hooks
	h.refused, h.refusal = state.Refused, state.Refusal
	fresh := state.Deliveries
	for len(fresh) > 0 && fresh[0].Number <= h.seen {
		fresh = fresh[1:]
	}
	looked := map[moneykit.LinkID]bool{}
	for _, d := range fresh {
		one := &hook{Delivery: d}
		h.all = append(h.all, one)
		h.seen = d.Number
		if !d.Verified() {
			continue
		}
		link := d.Webhook.LinkID
		one.looked = time.Now()
		h.awaiting[link] = append(h.awaiting[link], one)
		if !looked[link] {
			looked[link] = true
			s.watch.Look(link)
		}
	}
	h.all = h.all[max(0, len(h.all)-mostHooks):]
}

// answered keeps what MoneyKit said of links of which webhooks had come.
func (h *hooks) answered(snapshots []watch.Snapshot) {
	for _, snapshot := range snapshots {
		var still []*hook
		for _, one := range h.awaiting[snapshot.ID] {
			read := snapshot.Err == nil && !snapshot.At.Before(one.looked)
			if read || snapshot.Err != nil {
				one.link = snapshot
			}
			if !read {
				still = append(still, one)
			}
		}
		if h.awaiting[snapshot.ID] = still; still == nil {
			delete(h.awaiting, snapshot.ID)
		}
	}
}

// whereHooksComeFrom says who sends webhooks to the receiver, or how they can be
// made to come.
func (s *session) whereHooksComeFrom() string {
	h := &s.hooks
	switch {
	case h.receiver == nil:
		return ""
	case !s.embedded:
		return "MoneyKit reaches this address only through a tunnel of yours; till webhooks listen --public takes one, and --link points a link at it."
	case s.app.ReadOnly:
		return "With --read-only no link is pointed here."
	case h.pointing:
		return "Pointing the Sandbox's links here…"
	case h.unsent != nil:
		return fmt.Sprintf("%s of the Sandbox point here; others could not be changed. %s", plural(len(h.pointed), "link"), explain(h.unsent).line())
	case len(s.known()) > mostPointed:
		return fmt.Sprintf("The first %d of the Sandbox's links point here.", mostPointed)
	}
	return plural(len(h.pointed), "link") + " of the Sandbox point here."
}
