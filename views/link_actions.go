package views

import (
	"context"
	"errors"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/huh/v2"

	"till/keystore"
	"till/moneykit"
	"till/moneykit/watch"
	"till/ui"
	"till/ui/form"
	"till/ui/termsafe"
	"till/ui/theme"
)

// subject is the link that a screen's actions are about.
type subject struct {
	current func() (watch.Snapshot, bool)
	changes func() tea.Cmd // shows what its last sync brought
	// held says why nothing that changes the link can be done now, "" when it
	// can; nil for always.
	held func() string
	// instead is in place of what changes the link while it is held.
	instead func() []ui.Action
}

// whyHeld says why the link cannot be changed now, "" when it can.
func (on subject) whyHeld() string {
	if on.held == nil {
		return ""
	}
	return on.held()
}

// linkActions are what can be done with one link, wherever it is shown.
func (s *session) linkActions(on subject) []ui.Action {
	ask := func(about func(watch.Snapshot) ui.Dialog) func() ui.Dialog {
		return func() ui.Dialog {
			link, _ := on.current()
			return about(link)
		}
	}
	unless := func(reason func(watch.Snapshot) string) func() string {
		return func() string {
			link, ok := on.current()
			switch {
			case !ok:
				return "there is no link under the cursor"
			case link.Link == nil && link.Err != nil:
				return "the link could not be read"
			case link.Link == nil:
				return "the link has not been read yet"
			}
			return reason(link)
		}
	}
	actions := []ui.Action{
		{Name: "Refresh: ask the bank for fresh data", Key: ui.Bind("r", "refresh"), Disabled: unless(whyNoRefresh), Ask: ask(s.askRefresh)},
		{Name: "Relink: let the customer log in again", Key: ui.Bind("R", "relink"), Danger: true, Disabled: unless(s.whyNoRelink), Ask: ask(s.askRelink)},
		{Name: "Disconnect the link for good", Key: ui.Bind("D", "disconnect"), Danger: true, Disabled: unless(whyNoDisconnect), Ask: ask(s.askDisconnect)},
		{Name: "Reset: break the link on purpose (Sandbox)", Key: ui.Bind("x", "reset"), Danger: true, Quiet: true, Disabled: unless(s.whyNoReset), Ask: ask(s.askReset)},
	}
	switch {
	case s.app.ReadOnly:
		actions = nil
	case on.whyHeld() != "":
		actions = on.instead()
	}
	actions = append(actions, s.breakAction(on)...)
	return append(actions,
		ui.Action{Name: "Changes: what the last sync brought", Key: ui.Bind("d", "changes"), Do: on.changes},
		ui.Action{Name: "Support bundle for the link", Key: ui.Bind("B", "bundle"), Quiet: true, Do: func() tea.Cmd {
			link, _ := on.current()
			return ui.Push(s.bundle(link))
		}},
		ui.Action{Name: "Copy the link's id", Key: ui.Bind("y", "copy id"), Quiet: true, Do: func() tea.Cmd {
			link, _ := on.current()
			return copyText(string(link.ID), "Link id")
		}},
		s.whyAction(on),
	)
}

func whyNoRefresh(s watch.Snapshot) string {
	switch {
	case s.Refreshing():
		return "a refresh of this link is already in flight"
	case s.Link.State != moneykit.Connected:
		return "only a connected link can be refreshed; this one is " + linkLook(s.Link).word
	}
	return ""
}

func whyNoDisconnect(s watch.Snapshot) string {
	if s.Link.State == moneykit.Deleted {
		return "this link was disconnected already"
	}
	return ""
}

const noResetOfLive = "a reset is for testing, and this profile is Live"

func (s *session) whyNoReset(link watch.Snapshot) string {
	switch {
	case s.profile.Mode == keystore.Live:
		return noResetOfLive
	case link.Link.State != moneykit.Connected:
		return "only a connected link can be reset"
	}
	return ""
}

// askRefresh lets the operator choose products and asks for them.
func (s *session) askRefresh(link watch.Snapshot) ui.Dialog {
	return s.askRefreshOf(link, moneykit.ProductAccounts, moneykit.ProductTransactions)
}

// askRefreshOf is askRefresh with some products chosen already.
func (s *session) askRefreshOf(link watch.Snapshot, first ...moneykit.Product) ui.Dialog {
	var chosen []string
	var options []huh.Option[string]
	now := s.clock.now()
	for product := range link.Link.Products.All() {
		label := words(string(product))
		next := watch.NextAllowed(link.Link, product, now)
		switch {
		case next.After(now):
			label += " · next at " + next.Local().Format("15:04") + ", " + wait(next, now)
		case slices.Contains(first, product):
			chosen = append(chosen, string(product))
		}
		options = append(options, huh.NewOption(label, string(product)))
	}
	return form.New("Refresh "+institution(link), func() []huh.Field {
		return []huh.Field{chooseProducts(options, &chosen)}
	}, func() tea.Cmd {
		return s.refresh(link.ID, productsOf(chosen))
	}).Says(theme.Muted, "The bank is asked for fresh data: accounts and transactions at most once an hour, numbers and identity once a day.")
}

// refresh asks for fresh data. Transactions are synced first, so that what the
// refresh brings can be told from what was there.
func (s *session) refresh(id moneykit.LinkID, products []moneykit.Product) tea.Cmd {
	m, w := s.mirror, s.watch
	return func() tea.Msg {
		err := w.RefreshAfter(func(ctx context.Context) {
			if slices.Contains(products, moneykit.ProductTransactions) {
				// Without a baseline the refresh still works; only its diff is
				// the whole history then, which the sync tells.
				_ = m.Baseline(ctx, id)
			}
		}, id, products...)
		if err != nil {
			return s.toast(ui.Failure, explain(err).line())()
		}
		return nil
	}
}

// askDisconnect has the institution's name typed before anything is deleted.
func (s *session) askDisconnect(link watch.Snapshot) ui.Dialog {
	name := institution(link)
	return form.TypeToConfirm("Disconnect "+name, name, func() tea.Cmd {
		return s.disconnect(link)
	}).
		Says(theme.Text, termsafe.Line(string(link.ID))).
		Says(theme.Bad, "MoneyKit forgets the bank login and all data of this link. It cannot be undone; the customer would have to link anew.")
}

func (s *session) disconnect(link watch.Snapshot) tea.Cmd {
	ctx, client, w, store := s.ctx, s.client, s.watch, s.mirror.Store()
	return func() tea.Msg {
		if _, err := client.DeleteLink(ctx, link.ID); err != nil {
			w.Look(link.ID)
			return s.toast(ui.Failure, institution(link)+unsure(err, "disconnected")+explain(err).line())()
		}
		w.Look(link.ID)
		_ = store.Remember(ctx, link.ID) // GET /links no longer tells it
		return s.toast(ui.Success, institution(link)+" is disconnected")()
	}
}

func (s *session) askReset(link watch.Snapshot) ui.Dialog {
	return form.Confirm("Reset "+institution(link)+"?", "Reset it", func() tea.Cmd {
		return s.reset(link)
	}).Says(theme.Text, "The link goes to auth expired, as when a bank stops accepting a login. R relinks it.")
}

func (s *session) reset(link watch.Snapshot) tea.Cmd {
	ctx, client, w := s.ctx, s.client, s.watch
	return func() tea.Msg {
		state, err := client.ResetLink(ctx, link.ID)
		if err != nil {
			w.Look(link.ID)
			return s.toast(ui.Failure, institution(link)+unsure(err, "reset")+explain(err).line())()
		}
		w.Put(state)
		return s.toast(ui.Success, institution(link)+" is reset: it needs a relink now")()
	}
}

// unsure says that something was not done, or that nobody knows: a request
// without an answer may have arrived.
func unsure(err error, done string) string {
	if refused := (*moneykit.Error)(nil); errors.As(err, &refused) {
		return " was not " + done + ". "
	}
	return " may or may not be " + done + ". "
}

// ValidLinkID takes what may be a link's id; only MoneyKit knows whether it is.
func ValidLinkID(id string) error {
	id = strings.TrimSpace(id)
	if id == "" {
		return errors.New("type the id of a link")
	}
	if strings.ContainsAny(id, " /?#") || id != termsafe.Line(id) {
		return errors.New("a link id is one word, such as mk_eqkWN34UEoa2NpQ")
	}
	return nil
}
