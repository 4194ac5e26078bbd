package sandbox

import (
	"slices"
	"strconv"
)

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
	for i, o := range d.Owners {
		errs = append(errs, o.check("custom_sandbox_data", "owners", strconv.Itoa(i))...)
	}
	return errs
}

// check returns what is wrong with an owner, who is found at a place in the body.
func (o owner) check(at ...string) []validationError {
	var errs []validationError
	missing := func(is bool, field ...string) {
		if is {
			errs = append(errs, bodyError("field required", "value_error.missing", slices.Concat(at, field)...))
		}
	}
	missing(o.Names == nil, "names")
	missing(o.Addresses == nil, "addresses")
	missing(o.PhoneNumbers == nil, "phone_numbers")
	missing(o.Emails == nil, "emails")
	for i, phone := range o.PhoneNumbers {
		place := []string{"phone_numbers", strconv.Itoa(i)}
		missing(phone.Number == "", append(place, "number")...)
		errs = member(errs, phone.Type, phoneTypes[:], slices.Concat(at, place, []string{"type"})...)
	}
	for i, email := range o.Emails {
		missing(email.Address == "", "emails", strconv.Itoa(i), "address")
	}
	return errs
}

var phoneTypes = [...]string{"home", "work", "mobile", "other"}

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
