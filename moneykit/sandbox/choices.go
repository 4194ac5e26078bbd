package sandbox

import (
	"slices"
	"strings"
)

// origin is that of the link that a session leads to, when a user of a persona
// logs in; empty for a persona of its own.
func (s *Sandbox) origin(at *session, user string, permitted []product) origin {
	o := origin{
		Persona: at.Key, Key: at.Key, Accounts: at.Accounts, Owners: at.Owners, Wealthy: slices.Contains(permitted, investmentsProduct),
	}
	if user != "" {
		o.Persona, o.Fixed = user, true
	}
	return o
}

// offer lists the accounts that the user can share.
func (s *Sandbox) offer(at *session, user string) []offeredAccount {
	everything, err := at.permitted(nil)
	if err != nil {
		panic(err) // who permits everything is not refused
	}
	var offered []offeredAccount
	for _, a := range s.choosable(at, s.origin(at, user, everything)) {
		offered = append(offered, offeredAccount{a.id, a.kind, a.name, a.mask})
	}
	return offered
}

func (s *Sandbox) choosable(at *session, o origin) []*account {
	if at.Relink != "" {
		return nil // the link keeps the accounts it has
	}
	return slices.DeleteFunc(s.purse(o).all, func(a *account) bool {
		return at.Features.OnlyDepository && !strings.HasPrefix(a.kind, "depository.") ||
			o.Accounts == nil && !o.Wealthy && (a.kind == brokerage.kind || a.kind == mortgage.kind)
	})
}

// choose returns the ids of the accounts that the user shares, or nil when these
// are all there are.
func (s *Sandbox) choose(at *session, o origin, wanted []string) ([]string, error) {
	if wanted == nil && !at.Features.OnlyOneAccount && !at.Features.OnlyDepository {
		return nil, nil
	}
	choosable := s.choosable(at, o)
	chosen := []string{}
	for _, a := range choosable {
		if wanted == nil || slices.Contains(wanted, a.id) || slices.Contains(wanted, a.name) {
			chosen = append(chosen, a.id)
		}
	}
	if wanted == nil && at.Features.OnlyOneAccount {
		chosen = chosen[:min(1, len(chosen))]
	}
	for _, name := range wanted {
		if !slices.ContainsFunc(choosable, func(a *account) bool { return name == a.id || name == a.name }) {
			return nil, refusal("account_not_found", "There is no account "+name+" to share.")
		}
	}
	switch {
	case len(chosen) == 0:
		return nil, refusal("no_accounts", "No account was chosen.")
	case len(chosen) > 1 && at.Features.OnlyOneAccount:
		return nil, refusal("too_many_accounts", "Only one account can be shared with this app.")
	}
	return chosen, nil
}

// asks lists the products that the session asks the user's permission for.
func (at *session) asks() []offeredProduct {
	var asked []offeredProduct
	for _, name := range allProducts {
		if settings := at.Products[name]; settings != nil && settings.RequirePermission {
			asked = append(asked, offeredProduct{name, settings.Required, settings.Reason})
		}
	}
	return asked
}

// permitted returns the products that the link will have: those that the user
// permits, and those that nobody asks about.
func (at *session) permitted(wanted []product) ([]product, error) {
	var permitted []product
	for _, name := range wanted {
		if !slices.Contains(allProducts[:], name) {
			return nil, refusal("product_not_found", "There is no product "+string(name)+".")
		}
	}
	for _, name := range allProducts {
		settings, asked := at.Products[name]
		if !asked {
			continue
		}
		if wanted != nil && settings != nil && settings.RequirePermission && !slices.Contains(wanted, name) {
			if settings.Required {
				return nil, refusal("permission_required", "This app cannot do without "+string(name)+".")
			}
			continue
		}
		permitted = append(permitted, name)
	}
	if !slices.Contains(permitted, transactionsProduct) {
		permitted = slices.DeleteFunc(permitted, func(name product) bool { return name == enrichmentProduct })
	}
	return permitted, nil
}
