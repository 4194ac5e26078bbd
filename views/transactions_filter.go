package views

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/huh/v2"
	"github.com/shopspring/decimal"

	"till/moneykit"
	"till/moneykit/mirror"
	"till/ui"
	"till/ui/cell"
	"till/ui/form"
	"till/ui/theme"
)

// terms is a filter as the operator fills it in; what is empty leaves nothing out.
type terms struct {
	account, from, to, least, most, direction, status, category string
}

// filter is what the terms mean on a day.
func (t terms) filter(now time.Time) mirror.Filter {
	f := mirror.Filter{
		Account: moneykit.AccountID(t.account), Type: moneykit.TransactionType(t.direction),
		Status: mirror.Status(t.status), Category: t.category,
	}
	// The dialog has checked them.
	f.From, _ = firstDay(t.from, now)
	f.To, _ = lastDay(t.to, now)
	f.Least, _ = limit(t.least)
	f.Most, _ = limit(t.most)
	return f
}

// chips tell the terms in a few words each.
func (t terms) chips(names names, now time.Time) []string {
	f := t.filter(now)
	var chips []string
	add := func(set bool, chip string) {
		if set {
			chips = append(chips, chip)
		}
	}
	add(t.account != "", "account "+names.of(f.Account))
	add(t.from != "", "from "+f.From.String())
	add(t.to != "", "to "+f.To.String())
	add(t.least != "", "≥ "+number(f.Least.Decimal))
	add(t.most != "", "≤ "+number(f.Most.Decimal))
	add(t.direction != "", t.direction)
	add(t.status != "", t.status)
	add(t.category != "", words(t.category))
	return chips
}

// chipLine draws chips beside each other, and how many more there are.
func chipLine(th *theme.Theme, chips []string, w int) string {
	const longest = 30
	var line strings.Builder
	used := 0
	for i, chip := range chips {
		chip = " " + cell.Cut(chip, longest) + " "
		more := " +" + strconv.Itoa(len(chips)-i)
		if room := w - used; cell.Width(chip) > room || i < len(chips)-1 && cell.Width(chip)+1+len(more) > room {
			line.WriteString(th.Paint(theme.Muted, cell.Cut(more, room)))
			break
		}
		line.WriteString(th.Paint(theme.Chip, chip) + " ")
		used += cell.Width(chip) + 1
	}
	return cell.Fit(line.String(), w)
}

// askTerms lets the operator say what the list is narrowed to.
func (t *transactionsTab) askTerms() ui.Dialog {
	asked, now := t.terms, t.clock.now()
	return form.New("Narrow the transactions", func() []huh.Field {
		var fields []huh.Field
		if t.account == "" {
			fields = append(fields, chooseOne("Account", &asked.account, t.accountOptions()...))
		}
		return append(fields,
			blankable("From", "2026-09-01, 2026-09, today or -30d", &asked.from, func(s string) error {
				_, err := firstDay(s, now)
				return err
			}),
			blankable("To", "the same; both days are included", &asked.to, func(s string) error {
				to, err := lastDay(s, now)
				from, _ := firstDay(asked.from, now)
				if err == nil && !to.IsZero() && to.Compare(from) < 0 {
					err = errors.New("this is before the first day, " + from.String())
				}
				return err
			}),
			blankable("Least", "an amount, whatever its direction", &asked.least, func(s string) error {
				_, err := limit(s)
				return err
			}),
			blankable("Most", "", &asked.most, func(s string) error {
				most, err := limit(s)
				least, _ := limit(asked.least)
				if err == nil && most.Valid && most.Decimal.LessThan(least.Decimal) {
					err = errors.New("this is less than the least amount, " + number(least.Decimal))
				}
				return err
			}),
			chooseOne("Direction", &asked.direction, huh.NewOption("credit", string(moneykit.Credit)), huh.NewOption("debit", string(moneykit.Debit))),
			chooseOne("Status", &asked.status, huh.NewOption("pending", string(mirror.Pending)), huh.NewOption("posted", string(mirror.Posted))),
			chooseOne("Category", &asked.category, t.categoryOptions()...),
		)
	}, func() tea.Cmd {
		for _, s := range []*string{&asked.from, &asked.to, &asked.least, &asked.most} {
			*s = strings.TrimSpace(*s)
		}
		return t.narrow(asked)
	})
}

const (
	labels = 12 // the room for the fields' names
	arrows = 4  // and for what shows that there is a choice
)

// chooseOne is a line to choose from, at first all.
func chooseOne(title string, value *string, options ...huh.Option[string]) huh.Field {
	options = append([]huh.Option[string]{huh.NewOption("all", "")}, options...)
	for i, o := range options { // huh would put a title of its own on another line
		options[i].Key = cell.Fit(title, labels) + cell.Cut(o.Key, form.Width-labels-arrows)
	}
	return huh.NewSelect[string]().Inline(true).Options(options...).Value(value)
}

// blankable is a line to type into.
func blankable(title, hint string, value *string, valid func(string) error) huh.Field {
	return huh.NewInput().Title(cell.Fit(title, labels)).Prompt("").Placeholder(hint).Inline(true).Value(value).Validate(valid)
}

func (t *transactionsTab) accountOptions() []huh.Option[string] {
	names := t.rows.names
	ids := slices.SortedFunc(maps.Keys(names), names.compare)
	options := make([]huh.Option[string], len(ids))
	for i, id := range ids {
		options[i] = huh.NewOption(names[id], string(id))
	}
	return options
}

func (t *transactionsTab) categoryOptions() []huh.Option[string] {
	var options []huh.Option[string]
	for _, name := range t.total.categories {
		if name != "" {
			options = append(options, huh.NewOption(words(name), name))
		}
	}
	return options
}

// narrow shows what fits the terms.
func (t *transactionsTab) narrow(to terms) tea.Cmd {
	t.terms = to
	t.layout()
	return t.ask(true)
}

// firstDay reads the day that a span of time begins with.
func firstDay(s string, now time.Time) (moneykit.Date, error) {
	first, _, err := span(s, now)
	return first, err
}

// lastDay reads the day that it ends with.
func lastDay(s string, now time.Time) (moneykit.Date, error) {
	_, last, err := span(s, now)
	return last, err
}

var daysAgo = regexp.MustCompile(`^[-−]([0-9]{1,5})d$`)

// span reads a day or a month.
func span(s string, now time.Time) (first, last moneykit.Date, err error) {
	s = strings.ToLower(strings.TrimSpace(s))
	today := moneykit.DateOf(now)
	if s == "" {
		return moneykit.Date{}, moneykit.Date{}, nil
	}
	if s == "today" {
		return today, today, nil
	}
	if ago := daysAgo.FindStringSubmatch(s); ago != nil {
		n, _ := strconv.Atoi(ago[1]) // at most five digits
		day := moneykit.DateOf(today.Time().AddDate(0, 0, -n))
		return day, day, nil
	}
	if month, err := time.Parse("2006-01", s); err == nil {
		return moneykit.DateOf(month), moneykit.DateOf(month.AddDate(0, 1, -1)), nil
	}
	if day, err := moneykit.ParseDate(s); err == nil {
		return day, day, nil
	}
	return first, last, errors.New("a day is 2026-09-01, today or -30d, and a month 2026-09")
}

var plainAmount = regexp.MustCompile(`^([0-9]{1,15}|[0-9]{1,3}(,[0-9]{3}){1,4})(\.[0-9]{1,8})?$`)

// limit reads an amount without a direction, none from an empty text.
func limit(s string) (decimal.NullDecimal, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return decimal.NullDecimal{}, nil
	}
	if !plainAmount.MatchString(s) {
		return decimal.NullDecimal{}, errors.New("an amount is written without a sign, as 20, 12.50 or 1,250")
	}
	d, err := decimal.NewFromString(strings.ReplaceAll(s, ",", ""))
	return decimal.NewNullDecimal(d), err
}
