package views

import (
	"context"
	"maps"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/shopspring/decimal"

	"till/moneykit"
	"till/ui"
	"till/ui/cell"
	"till/ui/table"
	"till/ui/termsafe"
	"till/ui/theme"
)

// investmentsTab lists what a link's accounts hold.
type investmentsTab struct {
	productData[moneykit.HoldingsResult]
	tablePane
	rows holdingRows
}

func newInvestmentsTab(p *linkPage) *investmentsTab {
	return &investmentsTab{
		productData: productData[moneykit.HoldingsResult]{linkPage: p, product: moneykit.ProductInvestments, ask: askHoldings},
		tablePane:   tablePane{table: holdingsTable(false)},
	}
}

// holdingsTable names the account only where there are several.
func holdingsTable(several bool) *table.Model {
	whose := 0
	if several {
		whose = 11
	}
	return table.New(
		table.Column{Title: "TICKER", Width: 6},
		table.Column{Title: "SECURITY", Width: 12, Flex: 1},
		table.Column{Title: "QUANTITY", Width: 9, Right: true},
		table.Column{Title: "PRICE", Width: 10, Right: true, Drop: 1},
		table.Column{Title: "VALUE", Width: 16, Right: true},
		table.Column{Title: "ACCOUNT", Width: whose, Drop: 2},
	)
}

func askHoldings(ctx context.Context, c *moneykit.Client, id moneykit.LinkID) (*moneykit.HoldingsResult, moneykit.Response, error) {
	result, err := c.Holdings(ctx, id)
	if err != nil {
		return nil, moneykit.Response{}, err
	}
	return result, result.Response, nil
}

// holdingRow is a holding with what it speaks of.
type holdingRow struct {
	moneykit.Holding
	security moneykit.Security // the zero one when it was not told
	account  string
}

// holdingRows is holdings as a table shows them.
type holdingRows []holdingRow

func newHoldingRows(result *moneykit.HoldingsResult) holdingRows {
	securities := map[moneykit.SecurityID]moneykit.Security{}
	for _, s := range result.Securities {
		securities[s.ID] = s
	}
	accounts := namesOf(result.Accounts)
	rows := make(holdingRows, len(result.Holdings))
	for i, h := range result.Holdings {
		rows[i] = holdingRow{h, securities[h.SecurityID], accounts.of(h.AccountID)}
	}
	return rows
}

func (r holdingRows) Len() int { return len(r) }

func (r holdingRows) Row(i int) []table.Cell {
	h := r[i]
	price := none
	if h.Price.Valid {
		price = figures(h.Price.Decimal, h.security.Currency)
	}
	return []table.Cell{
		{Text: termsafe.Line(h.security.Ticker), Role: theme.Muted},
		{Text: h.name(), Role: theme.Text},
		{Text: figures(h.Quantity, ""), Role: theme.Text},
		{Text: price, Role: theme.Muted},
		{Text: h.money(h.Value), Role: theme.Text},
		{Text: h.account, Role: theme.Muted},
	}
}

// several reports whether the holdings are of more than one account.
func (r holdingRows) several() bool {
	return slices.ContainsFunc(r, func(h holdingRow) bool { return h.AccountID != r[0].AccountID })
}

// name is what the security is called, as well as anybody knows.
func (h holdingRow) name() string {
	if h.security.Name != "" {
		return termsafe.Line(h.security.Name)
	}
	return termsafe.Line(string(h.SecurityID))
}

func (h holdingRow) money(d decimal.NullDecimal) string {
	if !d.Valid {
		return none
	}
	return amount(d.Decimal, h.security.Currency)
}

// gain is what the holding is worth above what was paid for it, "" when one of them was
// not told.
func (h holdingRow) gain() (string, theme.Role) {
	if !h.Value.Valid || !h.CostBasis.Valid {
		return "", theme.Text
	}
	gain := h.Value.Decimal.Sub(h.CostBasis.Decimal)
	text := signed(gain, h.security.Currency)
	if h.CostBasis.Decimal.IsPositive() {
		percent := gain.Mul(decimal.New(100, 0)).DivRound(h.CostBasis.Decimal, 1)
		text += " · " + strings.TrimSpace(signed(percent, "")) + " %"
	}
	return text, direction(gain)
}

func (i *investmentsTab) name() string { return "Investments" }

func (i *investmentsTab) update(msg tea.Msg) tea.Cmd {
	cmd := i.productData.update(msg)
	if i.data.loaded {
		i.fill(newHoldingRows(i.data.value.result))
	}
	return cmd
}

func (i *investmentsTab) fill(rows holdingRows) {
	if rows.several() != i.rows.several() {
		cursor := i.table.Cursor()
		i.table = holdingsTable(rows.several())
		i.table.SetSource(rows)
		i.setTheme(i.theme)
		i.setSize(i.w, i.h)
		i.table.MoveTo(cursor)
	}
	i.rows = rows
	i.table.SetSource(rows)
}

func (i *investmentsTab) actions() []ui.Action {
	if !i.data.loaded {
		return i.again()
	}
	return moves(i.table, stay)
}

func (i *investmentsTab) view() string {
	if blank := i.blank(i.w, i.h); blank != "" {
		return blank
	}
	if len(i.rows) == 0 {
		return middle([]string{i.theme.Paint(theme.Muted, "This link's accounts hold no investments.")}, i.w, i.h)
	}
	detail := func(w int) []string { return i.rows[i.table.Cursor()].detail(i.theme, w) }
	return i.draw(i.theme, detail, "total "+i.rows.total(), i.since())
}

// total sums the values up in each currency.
func (r holdingRows) total() string {
	sums, unknown := map[string]decimal.Decimal{}, 0
	for _, h := range r {
		if !h.Value.Valid {
			unknown++
			continue
		}
		sums[h.security.Currency] = sums[h.security.Currency].Add(h.Value.Decimal)
	}
	var all []string
	for _, code := range slices.Sorted(maps.Keys(sums)) {
		all = append(all, amount(sums[code], code))
	}
	if unknown > 0 {
		all = append(all, plural(unknown, "holding")+" without a value")
	}
	return strings.Join(all, " · ")
}

// detail tells all that is known of a holding, in lines of w cells.
func (h holdingRow) detail(t *theme.Theme, w int) []string {
	gain, role := h.gain()
	lines := []string{
		t.Paint(theme.Strong, cell.Cut(h.name(), w)),
		cell.Cut(h.money(h.Value), w),
	}
	if gain != "" {
		lines = append(lines, t.Paint(role, cell.Cut(gain, w)))
	}
	s := h.security
	known := func(d decimal.NullDecimal) string {
		if !d.Valid {
			return ""
		}
		return h.money(d)
	}
	asOf := ""
	if !h.PricedAt.IsZero() {
		asOf = h.PricedAt.Local().Format("Jan 2 2006 15:04")
	}
	return append(append(lines, ""), facts(t, w, []fact{
		{"type", words(s.Type)},
		{"ticker", termsafe.Line(s.Ticker)},
		{"isin", termsafe.Line(s.ISIN)},
		{"sedol", termsafe.Line(s.SEDOL)},
		{"quantity", figures(h.Quantity, "")},
		{"price", known(h.Price)},
		{"as of", asOf},
		{"last close", strings.TrimSpace(known(s.ClosePrice) + " " + s.CloseDate.String())},
		{"cost basis", known(h.CostBasis)},
		{"account", h.account},
		{"security", termsafe.Line(string(h.SecurityID))},
	})...)
}
