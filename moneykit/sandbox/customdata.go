package sandbox

import "strconv"

// customData describes the accounts and owners that a link shall have.
type customData struct {
	Accounts []struct {
		Kind    string  `json:"account_type"`
		Name    string  `json:"name"`
		Number  string  `json:"account_number"`
		Routing *string `json:"routing_number"`
	} `json:"accounts"`
	Owners []owner `json:"owners"`
}

// check returns what is wrong with the data.
func (d *customData) check() []validationError {
	var errs []validationError
	if d.Accounts == nil {
		errs = append(errs, bodyError("field required", "value_error.missing", "custom_sandbox_data", "accounts"))
	}
	for i, a := range d.Accounts {
		for _, field := range []struct{ name, value string }{{"account_type", a.Kind}, {"name", a.Name}, {"account_number", a.Number}} {
			if field.value == "" {
				errs = append(errs, bodyError("field required", "value_error.missing", "custom_sandbox_data", "accounts", strconv.Itoa(i), field.name))
			}
		}
	}
	for i := range d.Owners {
		for j, phone := range d.Owners[i].PhoneNumbers {
			errs = member(errs, phone.Type, phoneTypes[:], "custom_sandbox_data", "owners", strconv.Itoa(i), "phone_numbers", strconv.Itoa(j), "type")
		}
	}
	return errs
}

var phoneTypes = [...]string{"home", "work", "mobile", "other"}

// people returns the owners, with nothing null that the API shows as a list.
func (d *customData) people() []owner {
	for i := range d.Owners {
		o := &d.Owners[i]
		o.Names, o.Addresses = listed(o.Names), listed(o.Addresses)
		o.PhoneNumbers, o.Emails = listed(o.PhoneNumbers), listed(o.Emails)
	}
	return d.Owners
}

func listed[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func (d *customData) given() []givenAccount {
	accounts := make([]givenAccount, len(d.Accounts))
	for i, a := range d.Accounts {
		accounts[i] = givenAccount{Kind: a.Kind, Name: a.Name, Number: a.Number}
		if a.Routing != nil {
			accounts[i].Routing = *a.Routing
		}
	}
	return accounts
}
