package views

import (
	"strings"
	"sync"

	tea "charm.land/bubbletea/v2"

	"till/moneykit"
	"till/moneykit/mirror"
	"till/ui"
	"till/ui/termsafe"
)

// accountNews are the changes of links' accounts that nobody was told of yet: whatever
// is loaded may read the accounts, and the screen that shows the link tells of it.
type accountNews struct {
	mu      sync.Mutex
	changes map[moneykit.LinkID][]mirror.AccountChange
}

func (n *accountNews) add(link moneykit.LinkID, changes []mirror.AccountChange) {
	if len(changes) == 0 {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.changes == nil {
		n.changes = map[moneykit.LinkID][]mirror.AccountChange{}
	}
	n.changes[link] = append(n.changes[link], changes...)
}

// tell tells what is new of a link's accounts, once.
func (n *accountNews) tell(link moneykit.LinkID) tea.Cmd {
	n.mu.Lock()
	defer n.mu.Unlock()
	changes := n.changes[link]
	if len(changes) == 0 {
		return nil
	}
	delete(n.changes, link)
	sentences := make([]string, len(changes))
	for i, change := range changes {
		sentences[i] = accountChange(change)
	}
	return ui.Toast(ui.Notice, strings.Join(sentences, " "))
}

func accountChange(c mirror.AccountChange) string {
	switch {
	case c.After.ID == "":
		return "An account is gone: " + accountCalled(c.Before) + "."
	case c.Before.ID == "":
		return "A new account: " + accountCalled(c.After) + "."
	}
	return accountCalled(c.After) + " has another id now: " + termsafe.Line(string(c.After.ID)) + "; was " + termsafe.Line(string(c.Before.ID)) + "."
}

// accountCalled is an account's name with the end of its number.
func accountCalled(a moneykit.Account) string {
	if a.Mask == "" {
		return accountName(a)
	}
	return accountName(a) + " " + mask(a)
}
