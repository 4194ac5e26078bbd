package views

import (
	"context"
	"encoding/json"
	"iter"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"till/moneykit"
	"till/moneykit/mirror"
	"till/ui"
)

// exportedChange is what a sync did to a transaction.
type exportedChange struct {
	link   moneykit.LinkID
	sync   mirror.Sync
	called exportedNames
	mirror.Change
}

// changesOf are what a sync did.
func changesOf(ctx context.Context, store *mirror.Store, link moneykit.LinkID, sync mirror.Sync, changes []mirror.Change) iter.Seq2[exportRow, error] {
	return func(yield func(exportRow, error) bool) {
		called, err := readNames(ctx, store, link)
		if err != nil {
			yield(nil, err)
			return
		}
		for _, c := range changes {
			if !yield(exportedChange{link, sync, called, c}, nil) {
				return
			}
		}
	}
}

func (c exportedChange) cells() []sheetCell {
	t := c.Transaction()
	old := map[mirror.Field]bool{}
	var changed []string
	for _, f := range c.Fields() {
		old[f.Field] = true
		changed = append(changed, string(f.Field))
	}
	was := func(field mirror.Field, cell sheetCell) sheetCell {
		if !old[field] {
			return sheetCell{}
		}
		return cell
	}
	before := c.Before
	category, subcategory := categoryPair(t)
	oldCategory, oldSubcategory := categoryPair(before)
	var oldID, sure sheetCell // of a pending one that was settled under another id
	if c.Kind == mirror.Settled {
		oldID, sure = textCell(before.ID), decimalCell(decimal.NewFromFloat(c.Confidence).Round(2))
	}
	return []sheetCell{
		textCell(c.link), countCell(c.sync.Seq), timeCell(c.sync.At), textCell(c.Kind), textCell(strings.Join(changed, " ")),
		textCell(t.ID), dateCell(t.Date), decimalCell(t.Signed()), textCell(t.Currency), statusCell(t),
		textCell(t.AccountID), textCell(c.called[t.AccountID]), textCell(t.Description), textCell(category), textCell(subcategory), textCell(merchantOf(t)),
		was(mirror.FieldDate, dateCell(before.Date)), was(mirror.FieldAmount, decimalCell(before.Signed())),
		was(mirror.FieldAmount, textCell(before.Currency)), was(mirror.FieldStatus, statusCell(before)),
		was(mirror.FieldAccount, textCell(before.AccountID)), was(mirror.FieldDescription, textCell(before.Description)),
		was(mirror.FieldCategory, textCell(oldCategory)), was(mirror.FieldCategory, textCell(oldSubcategory)),
		was(mirror.FieldMerchant, textCell(merchantOf(before))),
		oldID, sure,
	}
}

func (c exportedChange) object() ([]byte, error) {
	before, err := version(c.Before, c.Kind == mirror.Created)
	if err != nil {
		return nil, err
	}
	after, err := version(c.After, c.Kind == mirror.Removed || c.Kind == mirror.Gone)
	if err != nil {
		return nil, err
	}
	return unescaped(struct {
		Link       moneykit.LinkID `json:"link_id"`
		Sync       int             `json:"sync"`
		At         time.Time       `json:"at"`
		Kind       mirror.Kind     `json:"kind"`
		Confidence float64         `json:"confidence,omitempty"` // that a settled one was the pending one
		RequestIDs []string        `json:"request_ids"`
		Before     json.RawMessage `json:"before"`
		After      json.RawMessage `json:"after"`
	}{c.link, c.sync.Seq, c.sync.At.UTC(), c.Kind, c.Confidence, append([]string{}, c.sync.RequestIDs...), before, after})
}

// version is a transaction as it came, null for one that is not there.
func version(t moneykit.Transaction, missing bool) (json.RawMessage, error) {
	if missing {
		return nil, nil
	}
	return original(t.JSON(), t)
}

// exportShown is about the sync that is shown.
func (c *changesTab) exportShown() []ui.Action {
	return c.exportAction(c.sheet, func() string {
		if sync := c.current(); sync.Seq == 0 || sync.Seq != c.shown.seq || c.shown.Len() == 0 {
			return "there are no changes to export"
		}
		return ""
	})
}

// sheet reads the accounts' names when it is written.
func (c *changesTab) sheet() sheet {
	store, link, sync, changes := c.mirror.Store(), c.id, c.current(), c.shown.changes
	return sheet{
		thing: "change", of: institution(c.snapshot), columns: changeColumns, count: len(changes),
		rows: func(ctx context.Context) iter.Seq2[exportRow, error] {
			return changesOf(ctx, store, link, sync, changes)
		},
	}
}
