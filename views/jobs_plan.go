package views

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/huh/v2"

	"till/keystore"
	"till/moneykit"
	"till/moneykit/watch"
	"till/ui"
	"till/ui/cell"
	"till/ui/form"
	"till/ui/theme"
)

// planning is the dialog in the place of one that is still worked out: what it will say
// depends on each of many links. It takes the keys that are typed meanwhile.
type planning struct {
	title string
	ask   func() ui.Dialog
}

var _ ui.Dialog = (*planning)(nil)

// plannedMsg brings the dialog that was worked out.
type plannedMsg struct {
	to     *planning
	dialog ui.Dialog
}

func (p *planning) Init() tea.Cmd { return func() tea.Msg { return plannedMsg{p, p.ask()} } }

func (p *planning) Update(msg tea.Msg) tea.Cmd {
	if msg, ok := msg.(plannedMsg); ok && msg.to == p {
		return tea.Sequence(ui.Open(msg.dialog), ui.Close(p))
	}
	return nil
}

func (p *planning) View(w, _ int) string { return cell.Cut("Working out what to do…", w) }
func (p *planning) Title() string        { return p.title }
func (p *planning) Hint() string         { return "esc cancel" }

// askJob shows what a job over links would do, and begins it when that is agreed to.
// It calls links beside the loop.
func (s *session) askJob(kind watch.JobKind, links func() []moneykit.LinkID, products []moneykit.Product) ui.Dialog {
	now := s.clock.now()
	return &planning{jobNoun(kind), func() ui.Dialog {
		return s.askPlan(s.watch.Plan(kind, links(), products, now), now)
	}}
}

// askPlan asks whether a plan that was made at now is to be done.
func (s *session) askPlan(plan watch.Plan, now time.Time) ui.Dialog {
	n := len(plan.Tasks)
	if n == 0 {
		return nothing("Nothing to "+string(plan.Kind), s.skipped(plan, now))
	}
	links := make(map[moneykit.LinkID]bool, n)
	for _, task := range plan.Tasks {
		links[task.Link] = true
	}
	start := func() tea.Cmd { return s.startJob(plan, links) }
	title := jobNoun(plan.Kind) + " " + plural(n, "link")
	var dialog *form.Dialog
	switch plan.Kind {
	case watch.RefreshJob:
		dialog = form.Confirm(title, "Refresh", start).
			Says(theme.Text, "The banks are asked for fresh data: "+productNames(plan.Products)+". "+s.atBanks(plan))
		for _, left := range leftProducts(plan) {
			dialog.Says(theme.Warn, left)
		}
		if s.profile.Mode == keystore.Live {
			dialog.Says(theme.Bad, "This profile is Live: MoneyKit may charge for refreshes.")
		}
	case watch.DisconnectJob:
		dialog = form.TypeToConfirm(title, s.confirmation(plan), start).
			Says(theme.Text, s.atBanks(plan)).
			Says(theme.Bad, "MoneyKit forgets the bank logins and all data of these links. It cannot be undone; the customers would have to link anew.")
	default:
		dialog = form.Confirm(title+"?", "Reset", start).
			Says(theme.Text, "Each goes to auth expired, as when a bank stops accepting a login. R relinks them. "+s.atBanks(plan))
	}
	if skipped := s.skipped(plan, now); skipped != "" {
		dialog.Says(theme.Warn, skipped)
	}
	effort := "About " + plural(plan.Requests, "request")
	if rate := cmp.Or(s.watch.Pulse().Limit, watch.DefaultRate); !math.IsInf(rate, 1) {
		effort += " at " + strconv.FormatFloat(rate, 'g', 3, 64) + " a second"
	}
	return dialog.Says(theme.Muted, effort+": about "+roughly(plan.Takes)+".")
}

// confirmation is what has to be typed: how many links there are, or the name of the
// only one.
func (s *session) confirmation(plan watch.Plan) string {
	if len(plan.Tasks) == 1 {
		link, _ := s.watch.Snapshot(plan.Tasks[0].Link)
		return institution(link)
	}
	return strconv.Itoa(len(plan.Tasks))
}

// nothing says why there is nothing to do.
func nothing(title, why string) ui.Dialog {
	return form.New(title, func() []huh.Field {
		return []huh.Field{huh.NewConfirm().Affirmative("Close").Negative("")}
	}, stay).Says(theme.Warn, why)
}

// mostBanks is how many institutions a dialog names.
const mostBanks = 4

// atBanks counts the links of a plan by institution.
func (s *session) atBanks(plan watch.Plan) string {
	links := map[string]int{}
	for _, task := range plan.Tasks {
		known, _ := s.watch.Snapshot(task.Link)
		links[institution(known)]++
	}
	names := slices.SortedFunc(maps.Keys(links), func(a, b string) int {
		return cmp.Or(cmp.Compare(links[b], links[a]), strings.Compare(a, b))
	})
	parts := make([]string, 0, mostBanks)
	for _, name := range names[:min(mostBanks, len(names))] {
		parts = append(parts, fmt.Sprintf("%s (%d)", name, links[name]))
	}
	told := "At " + strings.Join(parts, ", ")
	if more := len(names) - mostBanks; more > 0 {
		told += " and " + plural(more, "other institution")
	}
	return told + "."
}

// leftProducts tells of products that are left out of links which are refreshed.
func leftProducts(plan watch.Plan) (told []string) {
	limited, denied := map[moneykit.Product]int{}, map[moneykit.Product]int{}
	for _, task := range plan.Tasks {
		for _, p := range task.Limited {
			limited[p]++
		}
		for _, p := range task.Denied {
			denied[p]++
		}
	}
	if left := productsOfLinks(limited); left != "" {
		told = append(told, "Left out, since their limit is not over: "+left+".")
	}
	if left := productsOfLinks(denied); left != "" {
		told = append(told, "Left out, since they are not permitted: "+left+".")
	}
	return told
}

// productsOfLinks tells how many links each product is of, "" for none.
func productsOfLinks(links map[moneykit.Product]int) string {
	var parts []string
	for _, p := range moneykit.Products() {
		if n := links[p]; n > 0 {
			parts = append(parts, words(string(p))+" of "+plural(n, "link"))
		}
	}
	return strings.Join(parts, ", ")
}

// skipped counts the links that a plan leaves out, by reason, "" for none.
func (s *session) skipped(plan watch.Plan, now time.Time) string {
	counts := map[watch.SkipReason]int{}
	var next time.Time
	for _, skip := range plan.Skipped {
		counts[skip.Why]++
		if skip.Why == watch.SkipLimit && (next.IsZero() || skip.Until.Before(next)) {
			next = skip.Until
		}
	}
	var parts []string
	for _, why := range slices.SortedFunc(maps.Keys(counts), func(a, b watch.SkipReason) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	}) {
		part := fmt.Sprintf("%d %s", counts[why], why)
		if why == watch.SkipLimit {
			part += " (next at " + dayTime(next, now) + ", " + wait(next, now) + ")"
		}
		parts = append(parts, part)
	}
	if len(parts) == 0 {
		return ""
	}
	if len(parts) == 1 {
		parts[0] = parts[0][strings.Index(parts[0], " ")+1:] // all of them
	}
	return fmt.Sprintf("%d skipped: %s.", len(plan.Skipped), strings.Join(parts, ", "))
}

// dayTime tells a time of day, with the day unless that is today.
func dayTime(t, now time.Time) string {
	t, now = t.Local(), now.Local()
	if t.YearDay() == now.YearDay() && t.Year() == now.Year() {
		return t.Format("15:04")
	}
	return moment(t)
}

// roughly tells a time that nobody knows exactly.
func roughly(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", max(1, int(d.Round(time.Second).Seconds())))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Round(time.Minute).Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Round(time.Hour).Hours()))
	}
	return fmt.Sprintf("%.0f days", d.Hours()/24)
}
