package views

import (
	"strings"
	"time"

	"till/moneykit"
	"till/moneykit/watch"
	"till/ui/cell"
	"till/ui/termsafe"
	"till/ui/theme"
)

// overview tells all that is known of a link itself, in lines of w cells.
func overview(t *theme.Theme, s watch.Snapshot, w int, c *clock) []string {
	if s.Link == nil {
		if s.Err != nil {
			return strings.Split(explain(s.Err).pane(t, w, 10), "\n")
		}
		return []string{t.Paint(theme.Muted, "Reading the link…")}
	}
	state := stateLook(s)
	lines := []string{t.Paint(theme.Strong, cell.Cut(institution(s), w)), t.Paint(state.role, state.String()), ""}
	if hint := stateHint(s); hint != "" {
		for _, line := range cell.Wrap(hint, w) {
			lines = append(lines, t.Paint(theme.Text, line))
		}
		lines = append(lines, "")
	}
	if r := s.Refresh; r != nil && r.Phase.Over() {
		for _, line := range cell.Wrap(capital(refreshOutcome(s, c)), w) {
			lines = append(lines, t.Paint(outcomeRole(r.Phase), line))
		}
		lines = append(lines, "")
	}
	lines = append(lines, facts(t, w, linkFacts(s, c))...)
	lines = append(lines, "")
	return append(lines, productLines(t, s, w, c)...)
}

func stateHint(s watch.Snapshot) string {
	switch s.Link.State {
	case moneykit.InError:
		return remedy(s.Link.ErrorCode)
	case moneykit.Connecting:
		return "MoneyKit is fetching from the bank for the first time, or after a relink."
	case moneykit.AwaitingTokenExchange:
		return "The customer is done; the app has not exchanged its token yet."
	case moneykit.Deleted:
		return "Disconnected. MoneyKit remembers the id for 90 days; the mirror keeps what it has."
	}
	return ""
}

// fact is a name and what stands behind it.
type fact struct{ name, value string }

func linkFacts(s watch.Snapshot, c *clock) []fact {
	link, now := s.Link, c.now()
	all := []fact{
		{"link", termsafe.Line(string(s.ID))},
		{"institution", termsafe.Line(string(link.InstitutionID))},
		{"provider", termsafe.Line(string(link.Provider))},
		{"last synced", ago(link.LastSyncedAt, now)},
		{"tags", termsafe.Line(strings.Join(link.LinkTags, ", "))},
		{"webhook", termsafe.Line(link.Webhook)},
		{"could add", productNames(link.AvailableProducts)},
		{"read", seenAgo(c.tell(s.At), now)},
	}
	if s.Err != nil {
		all = append(all, fact{"last read", "failed: " + explain(s.Err).line()})
	}
	return all
}

// factNames is the room for a fact's name.
const factNames = 13

// facts lays out names and values; empty values are left out.
func facts(t *theme.Theme, w int, all []fact) []string {
	var lines []string
	for _, f := range all {
		if f.value != "" {
			lines = append(lines, t.Paint(theme.Muted, cell.Fit(f.name, factNames))+cell.Cut(f.value, w-factNames))
		}
	}
	return lines
}

func productLines(t *theme.Theme, s watch.Snapshot, w int, c *clock) []string {
	const name, fresh = 17, 7
	lines := []string{t.Paint(theme.Muted, cell.Fit("PRODUCT", name)+cell.Fit("FRESH", fresh)+"LAST REFRESH")}
	for product, status := range s.Link.Products.All() {
		text, role := "ok", theme.Good
		switch {
		case refreshing(s, product):
			text, role = "⟳ "+string(s.Refresh.Phase)+" · "+took(s.Refresh.Took(time.Now())), theme.Warn
		case status.Unavailable != "":
			text, role = "unavailable: "+words(status.Unavailable), theme.Muted
		case status.ErrorCode != "":
			text, role = "✕ "+words(string(status.ErrorCode))+" "+termsafe.Line(status.ErrorMessage), theme.Bad
		case status.RefreshedAt.IsZero():
			text, role = "never", theme.Muted
		case watch.NextAllowed(s.Link, product, c.now()).After(c.now()):
			text += " · next refresh " + clockTime(watch.NextAllowed(s.Link, product, c.now()), c.now())
		}
		lines = append(lines, cell.Fit(words(string(product)), name)+
			t.Paint(theme.Muted, cell.Fit(age(status.RefreshedAt, c.now()), fresh))+
			t.Paint(role, cell.Cut(text, max(0, w-name-fresh))))
	}
	return lines
}
