package views

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"till/moneykit"
	"till/ui"
	"till/ui/cell"
	"till/ui/table"
	"till/ui/termsafe"
	"till/ui/theme"
)

// numbersTab lists the numbers of a link's accounts, hidden but for their ends until
// somebody asks.
type numbersTab struct {
	productData[moneykit.NumbersResult]
	tablePane
	rows numberRows
}

func newNumbersTab(p *linkPage) *numbersTab {
	return &numbersTab{
		productData: productData[moneykit.NumbersResult]{linkPage: p, product: moneykit.ProductAccountNumbers, ask: askNumbers},
		tablePane: tablePane{table: table.New(
			table.Column{Title: "ACCOUNT", Width: 10, Flex: 1},
			table.Column{Title: "SYSTEM", Width: 6},
			table.Column{Title: "NUMBER", Width: 27, Flex: 1},
			table.Column{Title: "BANK", Width: 11},
		)},
	}
}

func askNumbers(ctx context.Context, c *moneykit.Client, id moneykit.LinkID) (*moneykit.NumbersResult, moneykit.Response, error) {
	result, err := c.AccountNumbers(ctx, id)
	if err != nil {
		return nil, moneykit.Response{}, err
	}
	return result, result.Response, nil
}

// numberRow is one way to send money to an account.
type numberRow struct {
	account moneykit.Account
	system  string // empty when the account has no number at all
	number  string // as it came
	bank    string // likewise: which bank, and where in it
	bankIs  string // what the system calls that
}

// numberRows is account numbers as a table shows them.
type numberRows struct {
	list  []numberRow
	shown bool // in full
}

func newNumberRows(accounts []moneykit.NumberedAccount) []numberRow {
	var rows []numberRow
	for _, a := range accounts {
		before := len(rows)
		for _, n := range a.Numbers.ACH {
			rows = append(rows, numberRow{a.Account, "ACH", n.Account, n.Routing, "routing"})
			if n.WireRouting != "" {
				rows = append(rows, numberRow{a.Account, "wire", n.Account, n.WireRouting, "wire routing"})
			}
		}
		for _, n := range a.Numbers.EFT {
			rows = append(rows, numberRow{a.Account, "EFT", n.Account, n.Institution + "-" + n.Branch, "inst.-branch"})
		}
		for _, n := range a.Numbers.BACS {
			rows = append(rows, numberRow{a.Account, "BACS", n.Account, n.SortCode, "sort code"})
		}
		for _, n := range a.Numbers.International {
			rows = append(rows, numberRow{a.Account, "IBAN", n.IBAN, n.BIC, "BIC"})
		}
		if len(rows) == before {
			rows = append(rows, numberRow{account: a.Account})
		}
	}
	return rows
}

func (r numberRows) Len() int { return len(r.list) }

func (r numberRows) Row(i int) []table.Cell {
	n := r.list[i]
	if n.system == "" {
		return []table.Cell{{Text: accountName(n.account), Role: theme.Muted}, {Text: none, Role: theme.Muted}, {Text: "no numbers", Role: theme.Muted}, {}}
	}
	return []table.Cell{
		{Text: accountName(n.account), Role: theme.Text},
		{Text: n.system, Role: theme.Muted},
		{Text: r.secret(n.number), Role: theme.Strong},
		{Text: r.secret(n.bank), Role: theme.Muted},
	}
}

// secret shows a number's end, or all of it.
func (r numberRows) secret(number string) string {
	const end = 4
	if r.shown || number == "" {
		return termsafe.Line(number)
	}
	runes := []rune(number)
	if len(runes) <= end {
		return hidden
	}
	return hidden + termsafe.Line(string(runes[len(runes)-end:]))
}

const hidden = "••••"

func (n *numbersTab) name() string { return "Numbers" }

func (n *numbersTab) update(msg tea.Msg) tea.Cmd {
	cmd := n.productData.update(msg)
	if n.data.loaded {
		n.rows.list = newNumberRows(n.data.value.result.Accounts)
		n.table.SetSource(n.rows)
	}
	return cmd
}

func (n *numbersTab) hide() {
	n.productData.hide()
	n.reveal(false)
}

func (n *numbersTab) reveal(shown bool) {
	n.rows.shown = shown
	n.table.SetSource(n.rows)
}

func (n *numbersTab) actions() []ui.Action {
	if !n.data.loaded {
		return n.again()
	}
	name, word := "Show the numbers", "show"
	if n.rows.shown {
		name, word = "Hide the numbers", "hide"
	}
	return append([]ui.Action{
		{Name: name, Key: ui.Bind("v", word), Do: func() tea.Cmd {
			n.reveal(!n.rows.shown)
			return nil
		}},
		{Name: "Copy the number", Key: ui.Bind("y", "copy"), Do: func() tea.Cmd {
			return copyText(n.current().number, accountCalled(n.current().account)+": number")
		}, Disabled: func() string {
			if n.current().number == "" {
				return "the account has no number"
			}
			return ""
		}},
	}, moves(n.table, stay)...)
}

func (n *numbersTab) current() numberRow {
	if i := n.table.Cursor(); i >= 0 {
		return n.rows.list[i]
	}
	return numberRow{}
}

func (n *numbersTab) view() string {
	if blank := n.blank(n.w, n.h); blank != "" {
		return blank
	}
	if len(n.rows.list) == 0 {
		return middle([]string{n.theme.Paint(theme.Muted, "This link has no accounts.")}, n.w, n.h)
	}
	word := "hidden but for the last four"
	if n.rows.shown {
		word = "in full until you turn to another tab"
	}
	return n.draw(n.theme, n.detail, word, n.since())
}

// detail tells all that is known of the number under the cursor, in lines of w cells.
func (n *numbersTab) detail(w int) []string {
	row := n.current()
	return append([]string{n.theme.Paint(theme.Strong, cell.Cut(accountName(row.account), w)), ""}, facts(n.theme, w, []fact{
		{"system", row.system},
		{"number", n.rows.secret(row.number)},
		{row.bankIs, n.rows.secret(row.bank)},
		{"type", accountType(row.account.Type)},
		{"currency", termsafe.Line(row.account.Balances.Currency)},
		{"id", termsafe.Line(string(row.account.ID))},
	})...)
}
