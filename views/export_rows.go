package views

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"iter"
	"slices"
	"strings"
	"time"

	"till/moneykit"
	"till/moneykit/mirror"
	"till/moneykit/watch"
)

// exportPage is how many transactions are read from the mirror at once.
const exportPage = 500

// The columns of the sheets. Programs that read them rely on their names.
var (
	linkColumns = []string{
		"link_id", "institution_id", "institution_name", "state", "error_code", "provider",
		"products", "failed_products", "tags", "refreshed_at", "last_synced_at", "read_at",
	}
	accountColumns = []string{
		"link_id", "account_id", "name", "nickname", "type", "number_ends", "liability", "currency",
		"current", "available", "limit", "balance_date", "closed",
	}
	transactionColumns = []string{
		"link_id", "transaction_id", "date", "datetime", "amount", "currency", "type", "status", "account_id", "account_name",
		"description", "raw_description", "category", "subcategory", "merchant",
	}
	changeColumns = []string{
		"link_id", "sync", "synced_at", "kind", "changed", "transaction_id", "date", "amount", "currency", "status",
		"account_id", "account_name", "description", "category", "subcategory", "merchant",
		"old_date", "old_amount", "old_currency", "old_status", "old_account_id", "old_description",
		"old_category", "old_subcategory", "old_merchant",
		"old_transaction_id", "confidence",
	}
)

// inMemory are the rows of what is on screen as a whole.
func inMemory[T exportRow](all []T) func(context.Context) iter.Seq2[exportRow, error] {
	return func(context.Context) iter.Seq2[exportRow, error] {
		return func(yield func(exportRow, error) bool) {
			for _, row := range all {
				if !yield(row, nil) {
					return
				}
			}
		}
	}
}

// original is an object as it came, as far as there is such a text.
func original(raw []byte, object any) ([]byte, error) {
	if len(raw) > 0 {
		return raw, nil
	}
	return unescaped(object)
}

// unescaped encodes an object without the escapes that web pages need.
func unescaped(object any) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(object)
	return text.Bytes(), err
}

// exportedLink is a link as it was read at a moment.
type exportedLink struct {
	id   moneykit.LinkID
	link *moneykit.Link // nil when it was never read
	at   time.Time
}

func linksSheet(of string, links []watch.Snapshot) sheet {
	rows := make([]exportedLink, len(links))
	for i, s := range links {
		rows[i] = exportedLink{s.ID, s.Link, s.At}
	}
	return sheet{thing: "link", of: of, columns: linkColumns, count: len(rows), rows: inMemory(rows)}
}

func (l exportedLink) cells() []sheetCell {
	if l.link == nil {
		return append([]sheetCell{textCell(l.id)}, make([]sheetCell, len(linkColumns)-1)...)
	}
	var products, failed []string
	for product, status := range l.link.Products.All() {
		products = append(products, string(product))
		if status.ErrorCode != "" {
			failed = append(failed, string(product))
		}
	}
	return []sheetCell{
		textCell(l.id), textCell(l.link.InstitutionID), textCell(l.link.InstitutionName), textCell(l.link.State),
		textCell(l.link.ErrorCode), textCell(l.link.Provider), textCell(strings.Join(products, " ")), textCell(strings.Join(failed, " ")),
		textCell(strings.Join(l.link.LinkTags, ",")), timeCell(newest(l.link)), timeCell(l.link.LastSyncedAt), timeCell(l.at),
	}
}

func (l exportedLink) object() ([]byte, error) {
	if l.link == nil {
		return unescaped(map[string]moneykit.LinkID{"link_id": l.id})
	}
	return original(l.link.JSON(), l.link)
}

// exportedAccount is an account of a link.
type exportedAccount struct {
	link moneykit.LinkID
	moneykit.Account
}

func accountsSheet(of string, link moneykit.LinkID, accounts []moneykit.Account) sheet {
	rows := make([]exportedAccount, len(accounts))
	for i, a := range accounts {
		rows[i] = exportedAccount{link, a}
	}
	return sheet{thing: "account", of: of, columns: accountColumns, count: len(rows), rows: inMemory(rows)}
}

func (a exportedAccount) cells() []sheetCell {
	b := a.Balances
	return []sheetCell{
		textCell(a.link), textCell(a.ID), textCell(a.Name), textCell(a.Nickname), textCell(a.Type), textCell(a.Mask), boolCell(a.Type.Liability()),
		textCell(b.Currency), balanceCell(b.Current), balanceCell(b.Available), balanceCell(b.Limit), timeCell(b.Date), boolCell(a.Closed),
	}
}

func (a exportedAccount) object() ([]byte, error) { return original(a.JSON(), a.Account) }

// exportedNames is what accounts are called, unchanged.
type exportedNames map[moneykit.AccountID]string

func readNames(ctx context.Context, store *mirror.Store, link moneykit.LinkID) (exportedNames, error) {
	accounts, _, err := store.Accounts(ctx, link)
	called := exportedNames{}
	for _, a := range accounts {
		called[a.ID] = cmp.Or(a.Nickname, a.Name)
	}
	return called, err
}

// exportedTransaction is a transaction of a link.
type exportedTransaction struct {
	link    moneykit.LinkID
	account string // its name
	moneykit.Transaction
}

// transactionsSheet is the transactions that are at rows of the mirror, in that order.
func transactionsSheet(store *mirror.Store, of string, link moneykit.LinkID, rows []mirror.Row) sheet {
	return sheet{
		thing: "transaction", of: of, columns: transactionColumns, count: len(rows),
		rows: func(ctx context.Context) iter.Seq2[exportRow, error] { return transactionsAt(ctx, store, link, rows) },
	}
}

func transactionsAt(ctx context.Context, store *mirror.Store, link moneykit.LinkID, rows []mirror.Row) iter.Seq2[exportRow, error] {
	return func(yield func(exportRow, error) bool) {
		called, err := readNames(ctx, store, link)
		if err != nil {
			yield(nil, err)
			return
		}
		for page := range slices.Chunk(rows, exportPage) {
			found, err := store.At(ctx, page...)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, row := range page {
				t, there := found[row]
				if there && !yield(exportedTransaction{link, called[t.AccountID], t}, nil) {
					return
				}
			}
		}
	}
}

func (t exportedTransaction) cells() []sheetCell {
	category, subcategory := categoryPair(t.Transaction)
	return []sheetCell{
		textCell(t.link), textCell(t.ID), dateCell(t.Date), timeCell(t.Time), decimalCell(t.Signed()), textCell(t.Currency), textCell(t.Type),
		statusCell(t.Transaction), textCell(t.AccountID), textCell(t.account),
		textCell(t.Description), textCell(t.RawDescription), textCell(category), textCell(subcategory), textCell(merchantOf(t.Transaction)),
	}
}

func (t exportedTransaction) object() ([]byte, error) { return original(t.JSON(), t.Transaction) }

// categoryPair is a transaction's category, and the part of it where that is known.
func categoryPair(t moneykit.Transaction) (category, subcategory string) {
	e := t.Enrichment
	switch {
	case e == nil:
		return t.Category, ""
	case e.Subcategory != nil:
		subcategory = e.Subcategory.Value
	}
	return cmp.Or(e.Category.Value, t.Category), subcategory
}

func merchantOf(t moneykit.Transaction) string {
	if t.Enrichment == nil || t.Enrichment.Merchant == nil {
		return ""
	}
	return t.Enrichment.Merchant.Name
}

func statusCell(t moneykit.Transaction) sheetCell {
	if t.Pending {
		return textCell(mirror.Pending)
	}
	return textCell(mirror.Posted)
}
