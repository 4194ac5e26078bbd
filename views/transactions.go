package views

import (
	"context"
	"fmt"
	"time"

	tea "charm.land/bubbletea/v2"

	"till/moneykit"
	"till/moneykit/mirror"
	"till/ui"
	"till/ui/cell"
	"till/ui/table"
	"till/ui/termsafe"
	"till/ui/theme"
)

// transactionsTab lists what the mirror holds of a link, or of one account.
type transactionsTab struct {
	*linkPage
	account moneykit.AccountID // empty for all
	w, h    int
	table   *table.Model
	filter  filter
	data    resource[transactionRows]
	shown   transactionRows
}

func newTransactionsTab(p *linkPage, account moneykit.AccountID) *transactionsTab {
	whose := 11
	if account != "" {
		whose = 0 // the screen's title says it
	}
	return &transactionsTab{linkPage: p, account: account, filter: newFilter(), table: table.New(
		table.Column{Title: "DATE", Width: 10},
		table.Column{Title: "DESCRIPTION", Width: 16, Flex: 1},
		table.Column{Title: "ACCOUNT", Width: whose, Drop: 2},
		table.Column{Title: "CATEGORY", Width: 18, Drop: 3},
		table.Column{Title: "AMOUNT", Width: 16, Right: true},
		table.Column{Title: "", Width: 7},
	)}
}

// transactionRows is transactions as a table shows them.
type transactionRows struct {
	list  []moneykit.Transaction
	names names
	part  bool // the sync broke off: there are more
}

func (r transactionRows) Len() int { return len(r.list) }

func (r transactionRows) Row(i int) []table.Cell {
	t := r.list[i]
	pending := ""
	if t.Pending {
		pending = "pending"
	}
	return []table.Cell{
		{Text: t.Date.String(), Role: theme.Muted},
		{Text: description(t), Role: theme.Text},
		{Text: r.names.of(t.AccountID), Role: theme.Muted},
		{Text: category(t), Role: theme.Muted},
		{Text: signed(t.Signed(), t.Currency), Role: direction(t.Signed())},
		{Text: pending, Role: theme.Warn},
	}
}

type transactionsLoadedMsg struct {
	ui.To
	rows transactionRows
	late error // why these are not the newest
	err  error
}

// transactionsKeptMsg brings what is in the mirror already.
type transactionsKeptMsg struct {
	ui.To
	rows transactionRows
}

// loadTransactions brings the mirror up to date and reads from it.
func loadTransactions(ctx context.Context, s *session, to ui.To, id moneykit.LinkID, account moneykit.AccountID) tea.Cmd {
	return func() tea.Msg {
		late, err := s.update(ctx, id)
		if err != nil {
			return transactionsLoadedMsg{To: to, err: err}
		}
		rows, err := keptTransactions(ctx, s, id, account)
		rows.names = accountNames(ctx, s, id)
		return transactionsLoadedMsg{to, rows, late, err}
	}
}

// showKept shows what is in the mirror already, if there is something.
func showKept(ctx context.Context, s *session, to ui.To, id moneykit.LinkID, account moneykit.AccountID) tea.Cmd {
	return func() tea.Msg {
		rows, err := keptTransactions(ctx, s, id, account)
		if err != nil || len(rows.list) == 0 {
			return nil // what is loaded tells why
		}
		rows.names = keptNames(ctx, s, id)
		return transactionsKeptMsg{to, rows}
	}
}

func keptTransactions(ctx context.Context, s *session, id moneykit.LinkID, account moneykit.AccountID) (transactionRows, error) {
	list, err := s.mirror.Store().Transactions(ctx, id, mirror.Query{Account: account})
	if err != nil {
		return transactionRows{}, err
	}
	head, err := s.mirror.Store().Head(ctx, id)
	return transactionRows{list: list, part: head.More}, err
}

// names is what a link's accounts are called.
type names map[moneykit.AccountID]string

// of returns an account's name, its id when nobody knows the name.
func (n names) of(id moneykit.AccountID) string {
	if name, known := n[id]; known {
		return name
	}
	return termsafe.Line(string(id))
}

// accountNames returns what a link's accounts are called; without an answer
// their ids have to do.
func accountNames(ctx context.Context, s *session, id moneykit.LinkID) names {
	accounts, _, err := s.accounts(ctx, id)
	if err != nil {
		return names{}
	}
	return namesOf(accounts)
}

// keptNames are those that the mirror knows.
func keptNames(ctx context.Context, s *session, id moneykit.LinkID) names {
	accounts, _, err := s.mirror.Store().Accounts(ctx, id)
	if err != nil {
		return names{}
	}
	return namesOf(accounts)
}

func namesOf(accounts []moneykit.Account) names {
	names := names{}
	for _, a := range accounts {
		names[a.ID] = accountName(a)
	}
	return names
}

func (t *transactionsTab) load() tea.Cmd {
	if !t.data.begin() {
		return nil
	}
	return loadTransactions(t.ctx, t.session, t.to, t.id, t.account)
}

func (t *transactionsTab) name() string { return "Transactions" }

func (t *transactionsTab) show() tea.Cmd {
	if t.data.loaded {
		return t.load()
	}
	return tea.Batch(showKept(t.ctx, t.session, t.to, t.id, t.account), t.load())
}

func (t *transactionsTab) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case transactionsLoadedMsg:
		return t.took(msg)
	case transactionsKeptMsg:
		if t.data.early(msg.rows) {
			t.refilter()
		}
	case syncedMsg:
		if msg.link == t.id && t.data.loaded {
			return t.load()
		}
	case linkNewsMsg:
		if msg.mended(t.data.err) {
			return t.load()
		}
	case movedMsg:
		if t.data.loaded {
			return t.load()
		}
	default:
		if t.filter.typing {
			changed, cmd := t.filter.update(msg)
			if changed {
				t.refilter()
			}
			return cmd
		}
	}
	return nil
}

func (t *transactionsTab) took(msg transactionsLoadedMsg) tea.Cmd {
	had := t.data.loaded
	again := t.data.end(msg.rows, msg.err)
	t.refilter()
	told := told("Transactions", had, msg.err, msg.late)
	if again {
		return tea.Batch(told, t.load())
	}
	return told
}

// refilter picks the rows anew and keeps the cursor on its transaction.
func (t *transactionsTab) refilter() {
	var at moneykit.TransactionID
	if i := t.table.Cursor(); i >= 0 {
		at = t.shown.list[i].ID
	}
	all := t.data.value
	t.shown = transactionRows{names: all.names}
	cursor := t.table.Cursor()
	for _, x := range all.list {
		if t.filter.matches(description(x), category(x), all.names.of(x.AccountID), x.Amount.String(), x.Date.String()) {
			if x.ID == at {
				cursor = len(t.shown.list)
			}
			t.shown.list = append(t.shown.list, x)
		}
	}
	t.table.SetSource(t.shown)
	t.table.MoveTo(cursor)
}

func (t *transactionsTab) actions() []ui.Action {
	if !t.data.loaded {
		return []ui.Action{{Name: "Read the transactions again", Key: ui.Bind("r", "try again"), Do: t.load}}
	}
	filter := t.filter.actions(func() tea.Cmd { t.refilter(); return nil })
	return append(filter, moves(t.table, stay)...)
}

func (t *transactionsTab) capturing() bool          { return t.filter.typing }
func (t *transactionsTab) failure() error           { return t.data.err }
func (t *transactionsTab) setTheme(th *theme.Theme) { t.table.SetTheme(th) }

func (t *transactionsTab) setSize(w, h int) {
	t.w, t.h = w, h
	list, _ := panes(w)
	t.table.SetSize(list, max(0, h-1))
}

func (t *transactionsTab) view() string {
	if blank := t.data.blank(t.theme, t.w, t.h, "Bringing the transactions up to date…"); blank != "" {
		return blank
	}
	list, beside := panes(t.w)
	body := t.table.View()
	if len(t.shown.list) == 0 {
		word := "There are no transactions."
		if t.filter.active() {
			word = "No transaction matches the filter."
		}
		body = middle([]string{t.theme.Paint(theme.Muted, word)}, list, t.h-1)
	}
	if beside > 0 {
		body = cell.Beside(body, t.detail(beside, t.h-1), t.theme.Paint(theme.Border, paneGap))
	}
	return body + "\n" + t.footer()
}

func (t *transactionsTab) footer() string {
	if t.filter.typing || t.filter.active() {
		right := fmt.Sprintf("%d of %d", len(t.shown.list), len(t.data.value.list))
		return cell.Fit(t.filter.view(t.theme, t.w-len(right)-2), t.w-len(right)) + t.theme.Paint(theme.Muted, right)
	}
	count := plural(len(t.data.value.list), "transaction")
	if t.data.value.part {
		return t.theme.Paint(theme.Warn, cell.Fit(count+" so far: the sync broke off before its end", t.w))
	}
	return t.theme.Paint(theme.Muted, cell.Fit(count, t.w))
}

func (t *transactionsTab) detail(w, h int) string {
	i := t.table.Cursor()
	if i < 0 {
		return cell.Block(nil, w, h)
	}
	return cell.Block(transactionDetail(t.theme, t.shown.list[i], t.shown.names, w), w, h)
}

func transactionDetail(th *theme.Theme, t moneykit.Transaction, names names, w int) []string {
	status, role := "posted", theme.Text
	if t.Pending {
		status, role = "pending", theme.Warn
	}
	lines := []string{
		th.Paint(theme.Strong, cell.Cut(description(t), w)),
		th.Paint(direction(t.Signed()), cell.Cut(signed(t.Signed(), t.Currency), w)),
		th.Paint(role, status), "",
	}
	when := ""
	if !t.Time.IsZero() {
		when = t.Time.Local().Format(time.DateTime)
	}
	all := []fact{
		{"date", t.Date.String()},
		{"time", when},
		{"account", names.of(t.AccountID)},
		{"as it came", termsafe.Line(t.RawDescription)},
		{"category", category(t)},
	}
	if e := t.Enrichment; e != nil {
		if e.Merchant != nil {
			all = append(all, fact{"merchant", termsafe.Line(e.Merchant.Name)})
		}
		if e.Recurrence != nil {
			all = append(all, fact{"comes", termsafe.Line(e.Recurrence.Frequency) + " · next " + e.Recurrence.Next.String()})
		}
	}
	return append(lines, facts(th, w, append(all, fact{"id", termsafe.Line(string(t.ID))}))...)
}

// description is what a transaction is called, as well as anybody knows.
func description(t moneykit.Transaction) string {
	switch {
	case t.Description != "":
		return termsafe.Line(t.Description)
	case t.RawDescription != "":
		return termsafe.Line(t.RawDescription)
	}
	return none
}

func category(t moneykit.Transaction) string { return words(t.FinestCategory()) }
