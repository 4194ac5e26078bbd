package views

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/huh/v2"

	"till/moneykit"
	"till/moneykit/mirror"
	"till/ui"
	"till/ui/cell"
	"till/ui/form"
	"till/ui/theme"
)

// changeFilter narrows the changes of a sync to an account, a kind, and what is
// typed.
type changeFilter struct {
	filter
	account moneykit.AccountID // empty for all
	kind    mirror.Kind        // empty for all
}

func (f *changeFilter) active() bool {
	return f.filter.active() || f.account != "" || f.kind != ""
}

func (f *changeFilter) clear() {
	f.filter.clear()
	f.account, f.kind = "", ""
}

// lets reports whether a change is shown.
func (f *changeFilter) lets(c mirror.Change, names names) bool {
	if f.kind != "" && plainly(c.Kind) != f.kind {
		return false
	}
	return slices.ContainsFunc(versions(c), func(t moneykit.Transaction) bool {
		return (f.account == "" || t.AccountID == f.account) &&
			f.matches(description(t), names.of(t.AccountID), category(t), t.Amount.String(), signed(t.Signed(), t.Currency))
	})
}

// plainly is a kind without how it came about.
func plainly(kind mirror.Kind) mirror.Kind {
	switch kind {
	case mirror.Settled:
		return mirror.Updated
	case mirror.Gone:
		return mirror.Removed
	}
	return kind
}

// versions are what a transaction was before a change, and is after it.
func versions(c mirror.Change) []moneykit.Transaction {
	switch plainly(c.Kind) {
	case mirror.Created:
		return []moneykit.Transaction{c.After}
	case mirror.Removed:
		return []moneykit.Transaction{c.Before}
	}
	return []moneykit.Transaction{c.Before, c.After}
}

// view tells what is set, and how many of all changes that leaves.
func (f *changeFilter) view(t *theme.Theme, names names, shown, all, w int) string {
	if !f.typing && !f.active() {
		return cell.Blank(w)
	}
	right := fmt.Sprintf("%d of %d", shown, all)
	room := w - len(right)
	if f.typing {
		return cell.Fit(f.chips(t, names)+f.filter.view(t, room-2), room) + t.Paint(theme.Muted, right)
	}
	left := f.chips(t, names)
	if f.filter.active() {
		left += f.filter.view(t, room)
	} else {
		left += t.Paint(theme.Muted, " esc clears")
	}
	return cell.Fit(left, room) + t.Paint(theme.Muted, right)
}

// chips are what the dialog has set.
func (f *changeFilter) chips(t *theme.Theme, names names) string {
	var chips strings.Builder
	if f.account != "" {
		chips.WriteString(t.Paint(theme.Chip, " "+names.of(f.account)+" ") + " ")
	}
	if f.kind != "" {
		chips.WriteString(t.Paint(theme.Chip, " "+string(f.kind)+" ") + " ")
	}
	return chips.String()
}

// actions are the filter's keys; changes is what there is to choose from.
func (f *changeFilter) actions(changes changeRows, changed func() tea.Cmd) []ui.Action {
	actions := []ui.Action{
		{Name: "Filter as you type", Key: ui.Bind("/", "filter"), Do: f.start},
		{Name: "Show one account or one kind of change", Key: ui.Bind("f", "only"), Ask: func() ui.Dialog { return f.ask(changes, changed) }},
	}
	if f.active() {
		actions = append(actions, ui.Action{Name: "Clear the filter", Key: ui.Bind("esc", "clear"), Do: func() tea.Cmd {
			f.clear()
			return changed()
		}})
	}
	return actions
}

func (f *changeFilter) ask(changes changeRows, changed func() tea.Cmd) ui.Dialog {
	account, kind := string(f.account), string(f.kind)
	accounts := []huh.Option[string]{huh.NewOption("all accounts", "")}
	for _, id := range changes.accounts(f.account) {
		accounts = append(accounts, huh.NewOption(changes.names.of(id), string(id)))
	}
	kinds := []huh.Option[string]{
		huh.NewOption("all kinds", ""),
		huh.NewOption("+ created", string(mirror.Created)),
		huh.NewOption("~ updated", string(mirror.Updated)),
		huh.NewOption(minus+" removed", string(mirror.Removed)),
	}
	const tallest = 6
	return form.New("Which changes?", func() []huh.Field {
		return []huh.Field{
			huh.NewSelect[string]().Title("Account").Options(accounts...).Value(&account).Height(min(len(accounts)+1, tallest)),
			huh.NewSelect[string]().Title("Kind").Options(kinds...).Value(&kind).Height(len(kinds) + 1),
		}
	}, func() tea.Cmd {
		f.account, f.kind = moneykit.AccountID(account), mirror.Kind(kind)
		return changed()
	})
}

// accounts lists those of the link, those that the changes tell of, and one more
// that is chosen, by name.
func (r changeRows) accounts(chosen moneykit.AccountID) []moneykit.AccountID {
	all := map[moneykit.AccountID]bool{}
	if chosen != "" {
		all[chosen] = true
	}
	for id := range r.names {
		all[id] = true
	}
	for key := range r.net {
		all[key.account] = true
	}
	return slices.SortedFunc(maps.Keys(all), r.names.compare)
}
