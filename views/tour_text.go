package views

import (
	"slices"
	"strings"

	"till/moneykit"
	"till/moneykit/connect"
	"till/moneykit/watch"
	"till/ui"
)

// What the steps of the tour tell, on the screen on top. At the least width of a
// terminal there is room for about eighty characters.

const welcome = "Welcome! A tour of two minutes on real screens: every key works as always."

// offTheWay is told on screens that a step does not speak of.
func offTheWay(top ui.Screen) string {
	switch top.(type) {
	case *welcomeScreen:
		return "Choose with `enter`: the tour goes on at the list of links."
	case *openingScreen:
		return welcome
	case *connectScreen:
		return "Go on here, or leave with `esc`: the tour goes on at the list of links."
	}
	return "The tour goes on at the list of links: `esc` leads back."
}

// unlessBare tells a step where the list of links has nothing under its cursor.
func unlessBare(tell func(ui.Screen) string) func(ui.Screen) string {
	return func(top ui.Screen) string {
		l, listed := top.(*linksScreen)
		if !listed || l.table.Cursor() >= 0 {
			return tell(top)
		}
		switch {
		case l.rows.known() > 0:
			return "No link is shown here now. `>` goes on."
		case l.listing.loaded:
			return "There is no bank link yet. `>` goes on."
		}
		return welcome
	}
}

func tellList(top ui.Screen) string {
	l, ok := top.(*linksScreen)
	if !ok {
		return offTheWay(top)
	}
	const what = "Every bank link and its state, live. "
	switch {
	case stands(top, moneykit.InError):
		return what + "This one is in error: `>` goes on."
	case l.allWell():
		return what + "None is in error: `>` goes on."
	}
	return what + "Move with `↓` to one in error."
}

// allWell reports whether no link of the list is in error, as far as they were read.
func (l *linksScreen) allWell() bool {
	inError := group(watch.Snapshot{Link: &moneykit.Link{State: moneykit.InError}})
	return l.listing.loaded && l.rows.counts[inError] == 0 && l.rows.counts[reading] == 0
}

func tellWhy(top ui.Screen) string {
	switch s := top.(type) {
	case *linksScreen:
		switch {
		case stands(top, moneykit.InError):
			return "This one is in error. `w` tells why."
		case s.allWell():
			return "Of a link in error, `w` would tell why. `>` goes on."
		}
		return "Move with `↓` to a link in error; `w` tells why it is."
	case *linkScreen:
		return "`w` tells why this link is as it is."
	case *whyScreen:
		return "What to do, why, and what was seen when. `>` goes on."
	}
	return offTheWay(top)
}

func tellRelink(top ui.Screen) string {
	switch s := top.(type) {
	case *whyScreen:
		return tellStep(s)
	case *connectScreen:
		return tellConnect(s)
	case *linksScreen, *linkScreen:
		switch {
		case !stands(top, moneykit.InError):
			return "A link in error is mended by a relink. `>` goes on."
		case !can(top, "R"):
			return "A relink would mend it, but not here. `>` goes on."
		}
		return "`R` relinks it: the customer logs in at the bank again."
	}
	return offTheWay(top)
}

func tellStep(y *whyScreen) string {
	const what = "What to do, why, and what was seen when. "
	switch {
	case y.why.Step == watch.NoStep:
		return "Nothing is wrong with this link. `>` goes on."
	case !can(y, "enter"):
		return what + "`>` goes on."
	case slices.Contains([]watch.Step{watch.RelinkStep, watch.AskStep}, y.why.Step):
		return what + "A relink mends it: `enter`."
	}
	return what + "`enter` does it."
}

func tellConnect(c *connectScreen) string {
	switch {
	case c.Capturing() && strings.Contains(c.Hint(), "enter"):
		if c.question.Kind == connect.AskCredentials {
			return "The bank asks for the login, which in the Sandbox stands there, too."
		}
		return "The bank asks, here in the terminal: `enter` answers."
	case c.state.Phase == connect.Left, c.state.Phase == connect.Failed:
		return "The link was not mended. `r` tries again, `esc` leaves."
	case c.state.Page != "":
		return "The bank asks in your browser, and the answers show here."
	}
	return "MoneyKit fetches from the bank: a few seconds."
}

func tellAccounts(top ui.Screen) string {
	switch s := top.(type) {
	case *linksScreen:
		if !refreshable(s.session, top) {
			return "Now to a link that is connected, with older data: `↑` or `↓`."
		}
		return "A link that is well: `enter` opens it."
	case *linkScreen:
		return "All of one link, in tabs. `2` shows its accounts and balances."
	case *whyScreen:
		if stands(top, moneykit.Connected) {
			return "The link is connected again. `esc` leads back to the list."
		}
	}
	return offTheWay(top)
}

func tellTransactions(top ui.Screen) string {
	switch s := top.(type) {
	case *linksScreen:
		return "`enter` opens the link: its transactions are next."
	case *linkScreen:
		if s.tab == tabAccounts && can(top, "h") {
			return "What each account holds; `h` draws it over time. `3` shows transactions."
		}
		return "`3` shows the link's transactions."
	}
	return offTheWay(top)
}

func tellRefresh(top ui.Screen) string {
	var in *session
	search := ""
	switch s := top.(type) {
	case *linksScreen:
		in = s.session
	case *linkScreen:
		if in = s.session; s.tab == tabTransactions && can(top, "/") {
			search = "`/` searches. "
		}
	default:
		return offTheWay(top)
	}
	link, _ := linkOf(top)
	switch {
	case link.Refreshing():
		return "The line above follows the refresh until it ends."
	case in.app.ReadOnly:
		return "till is read-only here and asks banks for nothing new. `>` goes on."
	case !can(top, "r"):
		return "Only a connected link can be refreshed. `>` goes on."
	case !refreshable(in, top):
		return "Its data is as fresh as its bank allows for now. `>` goes on."
	}
	return search + "`r`, then `enter`: ask the bank for fresh data."
}

func tellChanges(top ui.Screen) string {
	switch s := top.(type) {
	case *linksScreen:
		return "`d` shows what changed in a link since the last time."
	case *linkScreen:
		if s.tab == tabChanges {
			return "What is new, updated and gone since the last time. `>` goes on."
		}
		return "`d` shows what is new, updated and gone in its transactions."
	}
	return offTheWay(top)
}

func tellAnything(top ui.Screen) string {
	if s, ok := top.(interface{ masks() bool }); ok && s.masks() {
		return "`?` lists the keys, `:` finds anything, `P` hides what is private, `q` leaves."
	}
	return "`?` lists the keys of a screen, `:` finds anything by its name, `q` leaves."
}

// masks reports whether privacy can be turned on and off.
func (s *session) masks() bool { return s.app.Mask != nil }

// can reports whether a key does something on a screen now.
func can(top ui.Screen, key string) bool {
	return slices.ContainsFunc(top.Actions(), func(a ui.Action) bool {
		return slices.Contains(a.Key.Keys(), key) && a.Reason() == ""
	})
}

// refreshable reports whether the link of a screen may be asked for fresh transactions
// now.
func refreshable(s *session, top ui.Screen) bool {
	link, ok := linkOf(top)
	if !ok || whyNoRefresh(link) != "" || link.Link.Products.Transactions == nil {
		return false
	}
	now := s.clock.now()
	return !watch.NextAllowed(link.Link, moneykit.ProductTransactions, now).After(now)
}
