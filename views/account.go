package views

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"till/moneykit"
	"till/ui"
	"till/ui/cell"
	"till/ui/theme"
)

// accountScreen shows one account and its transactions.
type accountScreen struct {
	linkPage
	account      moneykit.Account
	detail       []string
	transactions *transactionsTab
	w, h         int
}

var _ ui.Screen = (*accountScreen)(nil)

func newAccount(p *linkPage, account moneykit.Account) *accountScreen {
	a := &accountScreen{linkPage: *p, account: account}
	a.turnTo = nil // the account is between
	a.transactions = newTransactionsTab(&a.linkPage, account.ID)
	return a
}

func (a *accountScreen) Init(ctx context.Context, id ui.ID) tea.Cmd {
	a.ctx, a.to = ctx, ui.To{ID: id}
	return a.transactions.show()
}

func (a *accountScreen) Update(msg tea.Msg) tea.Cmd {
	return tea.Batch(a.update(msg), a.accountNews.tell(a.id))
}

func (a *accountScreen) update(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case newsMsg:
		return a.news(msg)
	case movedMsg:
		a.layout()
	case accountsLoadedMsg:
		if msg.err != nil {
			return ui.Toast(ui.Failure, "The account was not read. "+explain(msg.err).line())
		}
		for _, account := range msg.accounts {
			if account.ID == a.account.ID {
				a.account = account
				a.layout()
			}
		}
	}
	return a.transactions.update(msg)
}

// news reads the account anew when its balances were refreshed.
func (a *accountScreen) news(msg newsMsg) tea.Cmd {
	for _, s := range msg.snapshots {
		if s.ID != a.id {
			continue
		}
		news := linkNewsMsg{a.snapshot, s}
		a.snapshot = s
		if news.refreshed(moneykit.ProductAccounts) {
			return loadAccounts(a.ctx, a.session, a.to, a.id)
		}
	}
	return nil
}

func (a *accountScreen) Actions() []ui.Action {
	return append(append(a.transactions.actions(), a.elsewhere(a.transactions.failure)...), balancesAction(&a.linkPage, a.account.ID), ui.Action{
		Name: "Copy the account's id", Key: ui.Bind("y", "copy id"), Quiet: true,
		Do: func() tea.Cmd { return copyText(string(a.account.ID), "Account id") },
	})
}

func (a *accountScreen) Capturing() bool { return a.transactions.capturing() }

func (a *accountScreen) SetTheme(t *theme.Theme) {
	a.theme = t
	a.transactions.setTheme(t)
	a.layout()
}

func (a *accountScreen) SetSize(w, h int) {
	a.w, a.h = w, h
	a.layout()
}

func (a *accountScreen) layout() {
	a.detail = accountDetail(a.theme, a.account, a.w, a.clock.now())
	a.transactions.setSize(a.w, max(0, a.h-len(a.detail)-1))
}

func (a *accountScreen) Title() string { return accountName(a.account) }

func (a *accountScreen) View() string {
	return cell.Block(a.detail, a.w, len(a.detail)+1) + "\n" + a.transactions.view()
}
