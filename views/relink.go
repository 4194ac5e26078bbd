package views

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/huh/v2"

	"till/moneykit"
	"till/moneykit/watch"
	"till/ui"
	"till/ui/form"
	"till/ui/theme"
)

func (s *session) whyNoRelink(link watch.Snapshot) string {
	if why := s.app.whyPrivate(); why != "" {
		return why
	}
	switch link.Link.State {
	case moneykit.Deleted:
		return "this link was disconnected; only a new link brings it back"
	case moneykit.Connecting, moneykit.AwaitingTokenExchange:
		return "this link is being made; wait until it is connected or in error"
	}
	return ""
}

// Where Connect can be.
const (
	here      = "here"
	inBrowser = "browser"
	furtherOn = "more"
)

// places are where the operator can go through Connect.
func (s *session) places() []huh.Option[string] {
	terminal, browser := huh.NewOption("here in the terminal", here), huh.NewOption("in a browser", inBrowser)
	switch {
	case s.app.Guest: // whose browser is elsewhere
		return []huh.Option[string]{terminal}
	case s.embedded:
		return []huh.Option[string]{terminal, browser}
	}
	return []huh.Option[string]{browser}
}

// withPlace asks where to go through Connect, too, if there is a choice, and else tells
// where.
func (s *session) withPlace(place *string, asked ...huh.Field) []huh.Field {
	const title = "Go through Connect"
	places := s.places()
	switch only := places[0].Key; {
	case len(places) > 1:
		return append(asked, huh.NewSelect[string]().Title(title).Options(places...).Value(place))
	case len(asked) == 0:
		return []huh.Field{huh.NewNote().Title(title).Next(true).NextLabel(only)}
	default:
		return append(asked, huh.NewNote().Title(title).Description(only))
	}
}

// askRelink tells why the link is broken and what a relink does. One that is
// healthy can take on more products.
func (s *session) askRelink(link watch.Snapshot) ui.Dialog {
	place := s.places()[0].Value
	var added []string
	dialog := form.New("Relink "+institution(link), func() []huh.Field {
		var fields []huh.Field
		if options := addable(link); len(options) > 0 {
			fields = append(fields, huh.NewMultiSelect[string]().Title("Ask for more products?").
				Options(options...).Value(&added).Height(len(options)+1).Filterable(false))
		}
		return s.withPlace(&place, fields...)
	}, func() tea.Cmd {
		return connecting(s, s.relinking(link, place, added...))
	}).Leads()
	for _, text := range whyRelink(link) {
		dialog.Says(theme.Text, text)
	}
	return dialog
}

// addable are the products that a healthy link does not have and a session can
// ask for.
func addable(link watch.Snapshot) []huh.Option[string] {
	var options []huh.Option[string]
	for _, p := range link.Link.AvailableProducts {
		if link.Link.State == moneykit.Connected && slices.Contains(linkables(), p) {
			options = append(options, huh.NewOption(words(string(p)), string(p)))
		}
	}
	return options
}

// whyRelink tells why a link needs a relink, if it does, and what that does.
func whyRelink(link watch.Snapshot) []string {
	if link.Link.State != moneykit.InError {
		return []string{"This link is connected. A relink renews the login at the bank, and can add products; id and data stay."}
	}
	why := strings.TrimSpace(strings.ReplaceAll(remedy(link.Link.ErrorCode), " (R)", ""))
	return []string{
		"In error: " + words(string(link.Link.ErrorCode)) + ". " + why,
		"The customer logs in at the bank again. The link keeps its id and data, and returns to connected.",
	}
}

// relinking is a relink of one link, with products added.
func (s *session) relinking(link watch.Snapshot, place string, added ...string) linking {
	request := moneykit.LinkSessionRequest{CustomerUser: moneykit.CustomerUser{ID: customerUser}, ExistingLinkID: link.ID}
	if len(added) > 0 {
		request.Settings = &moneykit.LinkSessionSettings{Products: products(added, moneykit.ProductSettings{RequirePermission: true})}
	}
	return linking{name: institution(link), request: request, inTerminal: place == here}
}

func products(names []string, how moneykit.ProductSettings) map[moneykit.Product]moneykit.ProductSettings {
	all := make(map[moneykit.Product]moneykit.ProductSettings, len(names))
	for _, name := range names {
		all[productOf(name)] = how
	}
	return all
}

// askRelinkMarked relinks those of the marked links that need it, one after another.
// It calls links beside the loop.
func (s *session) askRelinkMarked(links func() []moneykit.LinkID) ui.Dialog {
	return &planning{"Relink", func() ui.Dialog {
		var broken, others []watch.Snapshot
		for _, id := range links() {
			link, _ := s.watch.Snapshot(id)
			if link.ID = id; relinkable(link) {
				broken = append(broken, link)
			} else {
				others = append(others, link)
			}
		}
		return s.askRelinkThese(broken, others)
	}}
}

func (s *session) askRelinkThese(broken, others []watch.Snapshot) ui.Dialog {
	skipped := fmt.Sprintf("%d skipped, since a relink would not help: %s.", len(others), statesOf(others))
	if len(broken) == 0 {
		return nothing("Nothing to relink", skipped)
	}
	place := s.places()[0].Value
	dialog := form.New("Relink "+plural(len(broken), "link"), func() []huh.Field {
		return s.withPlace(&place)
	}, func() tea.Cmd {
		var queue []linking
		for _, link := range broken {
			queue = append(queue, s.relinking(link, place))
		}
		return connecting(s, queue...)
	}).Leads().Says(theme.Text, "One after another, the customer logs in at each bank again:").Says(theme.Muted, named(broken))
	if len(others) > 0 {
		dialog.Says(theme.Warn, skipped)
	}
	return dialog
}

// named tells links by institution and error, as far as a dialog has room.
func named(links []watch.Snapshot) string {
	const most = 5
	var names []string
	for _, link := range links[:min(most, len(links))] {
		names = append(names, institution(link)+" ("+stateLook(link).word+")")
	}
	if more := len(links) - most; more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, ", ")
}

// statesOf counts links by state.
func statesOf(links []watch.Snapshot) string {
	counts := map[string]int{}
	for _, link := range links {
		counts[stateLook(link).word]++
	}
	var parts []string
	for _, word := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%d %s", counts[word], word))
	}
	return strings.Join(parts, ", ")
}
