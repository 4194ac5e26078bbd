package views

import (
	"bytes"
	"errors"
	"net/url"
	"strings"

	tea "charm.land/bubbletea/v2"

	"till/keystore"
	"till/moneykit"
	"till/moneykit/inspect"
	"till/ui"
	"till/ui/theme"
)

// place is where in a session the operator is.
type place struct {
	chosen moneykit.LinkID // under the cursor of the list, empty for none
	open   moneykit.LinkID // over the list, empty for none
	tab    int             // of the link that is open
}

// privacyAction opens what is open anew, with privacy on or off.
func privacyAction(app *App, again opener, at func() place) ui.Action {
	return ui.Action{
		Name: "Privacy: mask names, ids, numbers and amounts", Key: ui.Bind("P", "privacy"), Quiet: true,
		Disabled: func() string {
			switch {
			case app.Mask != nil:
				return ""
			case app.Masked:
				return privacyStays
			}
			return "privacy is not available here"
		},
		Do: func() tea.Cmd {
			next := app.Mask(!app.Masked)
			next.writes(app)
			return ui.Restart(newOpening(next, again, at().in(app, next)))
		},
	}
}

const privacyStays = "whoever serves till keeps privacy on"

// whyPrivate says that privacy keeps from what would show or ask for real data, "" when
// it is off.
func (a *App) whyPrivate() string {
	switch {
	case !a.Masked:
		return ""
	case a.Mask == nil:
		return privacyStays
	}
	return "privacy is on; P turns it off"
}

// watermark says on every screen that privacy is on.
func (a *App) watermark() []ui.Chip {
	if !a.Masked {
		return nil
	}
	return []ui.Chip{{Text: "PRIVACY", Role: theme.Privacy}}
}

// in is the place where the links are called as another App calls them.
func (p place) in(from, to *App) place {
	p.chosen, p.open = called(p.chosen, from, to), called(p.open, from, to)
	return p
}

// called returns what a link of one App is called in another, "" when nobody knows.
func called(link moneykit.LinkID, from, to *App) moneykit.LinkID {
	if link == "" || from.Masked && from.Reveal == nil || to.Masked && to.Pseudonym == nil {
		return ""
	}
	if from.Masked {
		link = from.Reveal(link)
	}
	if to.Masked {
		link = to.Pseudonym(link)
	}
	return link
}

// typed returns what a link is called here whose id or pseudonym an operator has typed.
// What nobody here has heard of is taken for an id.
func (s *session) typed(link moneykit.LinkID) moneykit.LinkID {
	if _, known := s.watch.Snapshot(link); known {
		return link
	}
	return called(link, &App{}, s.app)
}

// writes lets whoever waits for the files of an App that was there before wait for those
// of this one, too.
func (a *App) writes(before *App) {
	first := before
	if before.first != nil {
		first = before.first
	}
	if a.first == nil && a != first {
		a.first = first
	}
}

// requests returns the last requests, the newest first. With privacy on they tell
// nothing of who asked which server.
func (a *App) requests() []inspect.Entry {
	entries := a.Calls.Entries()
	if a.Masked {
		for i := range entries {
			entries[i] = nameless(entries[i])
		}
	}
	return entries
}

const maskedClient = "masked"

// nameless is a request as anybody may have made it of MoneyKit.
func nameless(e inspect.Entry) inspect.Entry {
	host := e.BaseURL
	if u, err := url.Parse(e.BaseURL); err == nil && u.Host != "" {
		host = u.Host
	}
	e.URL = keystore.DefaultBaseURL + strings.TrimPrefix(e.URL, strings.TrimSuffix(e.BaseURL, "/"))
	if e.Err != nil && host != "" {
		e.Err = errors.New(strings.ReplaceAll(e.Err.Error(), host, strings.TrimPrefix(keystore.DefaultBaseURL, "https://")))
	}
	if client := e.ClientID; client != "" {
		e.RequestHeader = e.RequestHeader.Clone() // that of the log must not be written to
		for _, values := range e.RequestHeader {
			for i, value := range values {
				values[i] = strings.ReplaceAll(value, client, maskedClient)
			}
		}
		for _, written := range []string{client, url.QueryEscape(client)} {
			e.RequestBody = bytes.ReplaceAll(e.RequestBody, []byte(written), []byte(maskedClient))
		}
	}
	e.ClientID, e.BaseURL = maskedClient, keystore.DefaultBaseURL
	return e
}
