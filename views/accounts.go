package views

import (
	"context"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"till/moneykit"
	"till/ui"
	"till/ui/cell"
	"till/ui/table"
	"till/ui/termsafe"
	"till/ui/theme"
)

// accountsTab lists a link's accounts with their balances.
type accountsTab struct {
	*linkPage
	tablePane
	accounts resource[accountRows]
	late     bool      // they are not the newest
	read     time.Time // when they were
}

func newAccountsTab(p *linkPage) *accountsTab {
	return &accountsTab{linkPage: p, tablePane: tablePane{table: table.New(
		table.Column{Title: "ACCOUNT", Width: 14, Flex: 1},
		table.Column{Title: "TYPE", Width: 18, Drop: 3},
		table.Column{Title: "NUMBER", Width: 7, Drop: 2},
		table.Column{Title: "CURRENT", Width: 24, Right: true},
		table.Column{Title: "AVAILABLE", Width: 18, Right: true, Drop: 1},
	)}}
}

// accountRows is the accounts as a table shows them.
type accountRows []moneykit.Account

func (r accountRows) Len() int { return len(r) }

func (r accountRows) Row(i int) []table.Cell {
	a := r[i]
	current, currentRole := balance(a, a.Balances.Current)
	available, availableRole := none, theme.Muted
	if a.Balances.Available.Valid {
		available, availableRole = amount(a.Balances.Available.Decimal, a.Balances.Currency), theme.Text
	}
	return []table.Cell{
		{Text: accountName(a), Role: theme.Text},
		{Text: accountType(a.Type), Role: theme.Muted},
		{Text: mask(a), Role: theme.Muted},
		{Text: current, Role: currentRole},
		{Text: available, Role: availableRole},
	}
}

type accountsLoadedMsg struct {
	ui.To
	link     moneykit.LinkID
	accounts []moneykit.Account
	read     time.Time
	late     error // why these are not the newest
	err      error
}

func loadAccounts(ctx context.Context, s *session, to ui.To, id moneykit.LinkID) tea.Cmd {
	return func() tea.Msg {
		accounts, late, err := s.accounts(ctx, id)
		read := time.Now()
		if late != nil {
			_, read, _ = s.mirror.Store().Accounts(ctx, id)
		}
		return accountsLoadedMsg{to, id, accounts, read, late, err}
	}
}

func (a *accountsTab) load() tea.Cmd {
	if !a.accounts.begin() {
		return nil
	}
	return loadAccounts(a.ctx, a.session, a.to, a.id)
}

func (a *accountsTab) name() string { return "Accounts" }

func (a *accountsTab) show() tea.Cmd {
	if a.accounts.loaded && !a.late {
		return nil
	}
	return a.load()
}

func (a *accountsTab) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case accountsLoadedMsg:
		return a.took(msg)
	case linkNewsMsg:
		if a.accounts.loaded && msg.refreshed(moneykit.ProductAccounts) || msg.mended(a.accounts.err) {
			return a.load()
		}
	case movedMsg:
		if a.accounts.loaded {
			return a.load()
		}
	}
	return nil
}

func (a *accountsTab) took(msg accountsLoadedMsg) tea.Cmd {
	had := a.accounts.loaded
	again := a.accounts.end(msg.accounts, msg.err)
	if msg.err == nil {
		a.read, a.late = msg.read, msg.late != nil
	}
	a.table.SetSource(a.accounts.value)
	switch {
	case again:
		return a.load()
	case had && msg.err != nil:
		return ui.Toast(ui.Failure, "Accounts not read. "+explain(msg.err).line())
	}
	return told("Accounts", had, nil, msg.late)
}

func (a *accountsTab) actions() []ui.Action {
	if !a.accounts.loaded {
		return []ui.Action{{Name: "Read the accounts again", Key: ui.Bind("r", "try again"), Do: a.load}}
	}
	open := ui.Action{Name: "Open the account", Key: ui.Bind("enter", "open"), Do: func() tea.Cmd {
		account := a.accounts.value[a.table.Cursor()]
		return ui.Push(newAccount(a.linkPage, account))
	}, Disabled: func() string {
		if a.table.Cursor() < 0 {
			return "there is no account"
		}
		return ""
	}}
	export := a.exportAction(func() sheet { return accountsSheet(institution(a.snapshot), a.id, a.accounts.value) }, nil)
	actions := append([]ui.Action{open}, export...)
	return append(append(actions, balancesAction(a.linkPage, "")), moves(a.table, stay)...)
}

func (a *accountsTab) failure() error { return a.accounts.err }

func (a *accountsTab) view() string {
	if blank := a.accounts.blank(a.theme, a.w, a.h, "Reading the accounts…"); blank != "" {
		return blank
	}
	if len(a.accounts.value) == 0 {
		return middle([]string{a.theme.Paint(theme.Muted, "This link has no accounts.")}, a.w, a.h)
	}
	now, since := a.clock.now(), ""
	if a.late {
		since = "as read " + ago(a.clock.tell(a.read), now)
	}
	detail := func(w int) []string { return accountDetail(a.theme, a.accounts.value[a.table.Cursor()], w, now) }
	return a.draw(a.theme, detail, plural(len(a.accounts.value), "account"), since)
}

// accountDetail tells all that is known of an account, in lines of w cells.
func accountDetail(t *theme.Theme, a moneykit.Account, w int, now time.Time) []string {
	current, role := balance(a, a.Balances.Current)
	lines := []string{
		t.Paint(theme.Strong, cell.Cut(accountName(a), w)),
		t.Paint(role, cell.Cut(current, w)), "",
	}
	limit, available := "", none
	if a.Balances.Limit.Valid {
		limit = amount(a.Balances.Limit.Decimal, a.Balances.Currency)
	}
	if a.Balances.Available.Valid {
		available = amount(a.Balances.Available.Decimal, a.Balances.Currency)
	}
	fullName := "" // where the title is a nickname
	if a.Nickname != "" && a.Nickname != a.Name {
		fullName = termsafe.Line(a.Name)
	}
	closed := ""
	if a.Closed {
		closed = "yes"
	}
	return append(lines, facts(t, w, []fact{
		{"type", accountType(a.Type)},
		{"full name", fullName},
		{"number", mask(a)},
		{"available", available},
		{"limit", limit},
		{"as of", ago(a.Balances.Date, now)},
		{"closed", closed},
		{"id", termsafe.Line(string(a.ID))},
	})...)
}

// accountName is what the customer calls the account, else what the bank does.
func accountName(a moneykit.Account) string {
	if a.Nickname != "" {
		return termsafe.Line(a.Nickname)
	}
	return termsafe.Line(a.Name)
}

func accountType(t moneykit.AccountType) string {
	return strings.ReplaceAll(words(string(t)), ".", " · ")
}

func mask(a moneykit.Account) string {
	if a.Mask == "" {
		return none
	}
	return "··" + termsafe.Line(a.Mask)
}
