package views

import (
	"context"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"till/moneykit"
	"till/ui"
	"till/ui/cell"
	"till/ui/termsafe"
	"till/ui/theme"
)

// identityTab tells who owns a link's accounts.
type identityTab struct {
	productData[moneykit.IdentityResult]
	pane textPane
}

func newIdentityTab(p *linkPage) *identityTab {
	return &identityTab{productData: productData[moneykit.IdentityResult]{linkPage: p, product: moneykit.ProductIdentity, ask: askIdentity}}
}

func askIdentity(ctx context.Context, c *moneykit.Client, id moneykit.LinkID) (*moneykit.IdentityResult, moneykit.Response, error) {
	result, err := c.Identities(ctx, id)
	if err != nil {
		return nil, moneykit.Response{}, err
	}
	return result, result.Response, nil
}

// ownerSeen is an owner with all accounts that tell of the same one.
type ownerSeen struct {
	name     string
	facts    []fact
	accounts []string
}

// ownersOf puts together what the accounts tell of their owners, and returns the
// accounts that tell of none.
func ownersOf(accounts []moneykit.AccountIdentity) (owners []ownerSeen, without []string) {
	for _, a := range accounts {
		if len(a.Owners) == 0 {
			without = append(without, accountCalled(a.Account))
		}
		for _, o := range a.Owners {
			name, facts := ownerFacts(o)
			at := slices.IndexFunc(owners, func(seen ownerSeen) bool { return seen.name == name && slices.Equal(seen.facts, facts) })
			if at < 0 {
				at = len(owners)
				owners = append(owners, ownerSeen{name: name, facts: facts})
			}
			owners[at].accounts = append(owners[at].accounts, accountCalled(a.Account))
		}
	}
	return owners, without
}

func ownerFacts(o moneykit.Owner) (name string, facts []fact) {
	name = "no name"
	add := func(what, value string) {
		if value == "" {
			return
		}
		if len(facts) > 0 && facts[len(facts)-1].name == what {
			what = "" // one of several
		}
		facts = append(facts, fact{what, value})
	}
	if len(o.Names) > 0 && o.Names[0] != "" {
		name = termsafe.Line(o.Names[0])
	}
	for _, other := range o.Names[min(1, len(o.Names)):] {
		add("also", termsafe.Line(other))
	}
	for _, e := range o.Emails {
		add("email", withNotes(e.Address, "", e.Primary))
	}
	for _, p := range o.PhoneNumbers {
		add("phone", withNotes(p.Number, string(p.Type), p.Primary))
	}
	for _, a := range o.Addresses {
		place := strings.TrimSpace(a.Region + " " + a.PostalCode)
		parts := slices.DeleteFunc([]string{a.Street, a.City, place, a.Country}, func(part string) bool { return part == "" })
		add("address", withNotes(strings.Join(parts, ", "), "", a.Primary))
	}
	return name, facts
}

// withNotes says what is known of a value behind it.
func withNotes(value, kind string, primary bool) string {
	value = termsafe.Line(value)
	if value == "" {
		return ""
	}
	if kind != "" {
		value += " · " + words(kind)
	}
	if primary {
		value += " · primary"
	}
	return value
}

func (i *identityTab) name() string { return "Identity" }

func (i *identityTab) update(msg tea.Msg) tea.Cmd {
	cmd := i.productData.update(msg)
	i.fill()
	return cmd
}

func (i *identityTab) fill() {
	if i.data.loaded && i.theme != nil {
		i.pane.set(identity(i.theme, i.data.value.result.Accounts, i.pane.w))
	}
}

// identity tells of all owners, in lines of w cells.
func identity(t *theme.Theme, accounts []moneykit.AccountIdentity, w int) []string {
	var lines []string
	owners, without := ownersOf(accounts)
	for _, o := range owners {
		lines = append(lines, t.Paint(theme.Strong, cell.Cut(o.name, w)))
		lines = append(lines, wrapped(t, w, o.facts)...)
		lines = append(lines, wrapped(t, w, []fact{{"owns", strings.Join(o.accounts, ", ")}})...)
		lines = append(lines, "")
	}
	if len(without) > 0 {
		lines = append(lines, wrapped(t, w, []fact{{"not told", "who owns " + strings.Join(without, ", ")}})...)
	}
	return lines
}

// wrapped lays out facts as facts does, with values in as many lines as they need.
func wrapped(t *theme.Theme, w int, all []fact) []string {
	var lines []string
	for _, f := range all {
		for _, line := range cell.Wrap(f.value, max(1, w-factNames)) {
			lines = append(lines, t.Paint(theme.Muted, cell.Fit(f.name, factNames))+cell.Cut(line, w-factNames))
			f.name = ""
		}
	}
	return lines
}

func (i *identityTab) actions() []ui.Action {
	if !i.data.loaded {
		return i.again()
	}
	return i.pane.actions()
}

func (i *identityTab) capturing() bool       { return false }
func (i *identityTab) setTheme(*theme.Theme) { i.fill() }

func (i *identityTab) setSize(w, h int) {
	i.pane.w, i.pane.h = w, max(0, h-1)
	i.fill()
}

func (i *identityTab) view() string {
	w, h := i.pane.w, i.pane.h+1
	if blank := i.blank(w, h); blank != "" {
		return blank
	}
	if len(i.data.value.result.Accounts) == 0 {
		return middle([]string{i.theme.Paint(theme.Muted, "This link has no accounts.")}, w, h)
	}
	return i.pane.view() + "\n" + footing(i.theme, "", i.since(), w)
}
