package sandbox

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxURL is the length of the longest URL the API takes, in characters.
const maxURL = 65536

// sessionLife is how long a link session can be used, and how long what comes
// of it can be exchanged.
const sessionLife = 30 * time.Minute

// session is a link session: what Connect needs to know to make or mend a link.
type session struct {
	User      string                       `json:"user"`
	Relink    string                       `json:"relink"` // id of the link to connect again, empty for a new one
	Bank      string                       `json:"bank"`   // id of the institution, empty when the user chooses
	Redirect  string                       `json:"redirect"`
	Webhook   *string                      `json:"webhook"`
	Tags      []string                     `json:"tags"`
	Products  map[product]*productSettings `json:"products"`
	Features  connectFeatures              `json:"features"`
	Countries []string                     `json:"countries"` // of the institutions to choose from, none for all
	Accounts  []givenAccount               `json:"accounts"`
	Owners    []owner                      `json:"owners"`
	Key       string                       `json:"key"` // makes the ids of the accounts
	ExpiresAt time.Time                    `json:"expires_at"`
	Used      bool                         `json:"used"`
	Consent   *consent                     `json:"consent"` // what the user said at the bank's own page
}

// connectFeatures are those that change what Connect lets a user do.
type connectFeatures struct {
	OnlyOneAccount  bool `json:"permit_only_one_account"`
	OnlyDepository  bool `json:"permit_only_depository_accounts"`
	RejectDuplicate bool `json:"duplicate_institution_rejected"`
}

type sessionBody struct {
	Settings *struct {
		Providers []string `json:"providers"`
		Countries []string `json:"countries"`
		Products  *struct {
			AccountNumbers *productSettings `json:"account_numbers"`
			Identity       *productSettings `json:"identity"`
			Transactions   *productSettings `json:"transactions"`
			Investments    *productSettings `json:"investments"`
		} `json:"products"`
	} `json:"settings"`
	CustomerUser   *customerUser    `json:"customer_user"`
	ExistingLinkID *string          `json:"existing_link_id"`
	InstitutionID  *string          `json:"institution_id"`
	RedirectURI    *string          `json:"redirect_uri"`
	Webhook        *string          `json:"webhook"`
	LinkTags       []string         `json:"link_tags"`
	Features       *connectFeatures `json:"connect_features"`
	SandboxData    *customData      `json:"custom_sandbox_data"`
}

type customerUser struct {
	ID    *string `json:"id"`
	Email *struct {
		Address string `json:"address"`
	} `json:"email"`
	Phone *struct {
		Number  string  `json:"number"`
		Country *string `json:"country"`
	} `json:"phone"`
}

// check returns what is wrong with the user.
func (u *customerUser) check() []validationError {
	switch {
	case u == nil:
		return []validationError{bodyError("field required", "value_error.missing", "customer_user")}
	case u.ID == nil:
		return []validationError{bodyError("field required", "value_error.missing", "customer_user", "id")}
	}
	errs := length(nil, *u.ID, 4, 150, "customer_user", "id")
	if u.Email != nil {
		errs = length(errs, u.Email.Address, 4, 254, "customer_user", "email", "address")
	}
	if u.Phone != nil {
		errs = length(errs, u.Phone.Number, 4, 30, "customer_user", "phone", "number")
		if u.Phone.Country != nil {
			errs = member(errs, *u.Phone.Country, countries[:], "customer_user", "phone", "country")
		}
	}
	return errs
}

// check returns what is wrong with the body's values.
func (b *sessionBody) check() []validationError {
	errs := b.CustomerUser.check()
	errs = append(errs, b.checkURLs()...)
	if b.Settings != nil {
		for i, country := range b.Settings.Countries {
			errs = member(errs, country, countries[:], "settings", "countries", strconv.Itoa(i))
		}
		for i, provider := range b.Settings.Providers {
			errs = member(errs, provider, providers[:], "settings", "providers", strconv.Itoa(i))
		}
	}
	if b.SandboxData != nil {
		errs = append(errs, b.SandboxData.check()...)
	}
	return errs
}

func (b *sessionBody) checkURLs() []validationError {
	var errs []validationError
	if b.RedirectURI == nil {
		errs = append(errs, bodyError("field required", "value_error.missing", "redirect_uri"))
	} else if errs = length(errs, *b.RedirectURI, 1, maxURL, "redirect_uri"); len(errs) == 0 {
		u, err := url.Parse(*b.RedirectURI)
		if err != nil || u.Scheme == "" || u.RawQuery != "" || u.ForceQuery || slices.Contains(scripts[:], u.Scheme) {
			errs = append(errs, bodyError("redirect_uri must be a URL without a query", "value_error.url", "redirect_uri"))
		}
	}
	if b.Webhook != nil {
		errs = length(errs, *b.Webhook, 1, maxURL, "webhook")
	}
	return errs
}

// scripts are schemes of URLs that a browser would run.
var scripts = [...]string{"javascript", "data", "vbscript"}

var (
	countries = [...]string{"US", "GB", "CA"}
	providers = [...]string{"moneykit", "finicity", "plaid", "yodlee", "mx", "akoya"}
)

func member(errs []validationError, value string, of []string, field ...string) []validationError {
	if slices.Contains(of, value) {
		return errs
	}
	return append(errs, bodyError("value is not one of "+strings.Join(of, ", "), "type_error.enum", field...))
}

// products returns the settings of the products asked for. A session that asks
// for none gets what most customers ask for.
func (b *sessionBody) products() map[product]*productSettings {
	asked := map[product]*productSettings{accountsProduct: nil}
	if b.Settings == nil || b.Settings.Products == nil {
		for _, name := range []product{accountNumbersProduct, identityProduct, transactionsProduct, enrichmentProduct} {
			asked[name] = nil
		}
		return asked
	}
	from := b.Settings.Products
	for name, settings := range map[product]*productSettings{
		accountNumbersProduct: from.AccountNumbers,
		identityProduct:       from.Identity,
		transactionsProduct:   from.Transactions,
		investmentsProduct:    from.Investments,
	} {
		if settings != nil {
			asked[name] = settings
		}
	}
	if from.Transactions != nil {
		asked[enrichmentProduct] = nil
	}
	return asked
}

type sessionAnswer struct {
	Token string `json:"link_session_token"`
}

func (s *Sandbox) createLinkSession(c *call) (any, error) {
	var body sessionBody
	if err := decode(c, &body); err != nil {
		return nil, err
	}
	if errs := body.check(); len(errs) > 0 {
		return nil, invalid(errs...)
	}
	if body.ExistingLinkID == nil {
		if err := s.roomForLink(); err != nil {
			return nil, err
		}
	}
	s.Opened++
	made := &session{
		User:      *body.CustomerUser.ID,
		Redirect:  *body.RedirectURI,
		Webhook:   body.Webhook,
		Tags:      body.LinkTags,
		Products:  body.products(),
		Key:       s.id("key_", 22, "session", strconv.FormatUint(s.Opened, 10)),
		ExpiresAt: c.at.Add(sessionLife),
	}
	if body.Settings != nil {
		made.Countries = body.Settings.Countries
	}
	if body.Features != nil {
		made.Features = *body.Features
	}
	if body.SandboxData != nil {
		made.Accounts, made.Owners = body.SandboxData.given(), body.SandboxData.Owners
	}
	switch {
	case body.ExistingLinkID != nil:
		l := s.find(*body.ExistingLinkID)
		if l == nil || l.State == deleted {
			return nil, forbiddenConfig("existing_link_id names no link that could be connected again.")
		}
		made.Relink, made.Bank = l.id, l.Bank
		if body.Settings == nil || body.Settings.Products == nil {
			made.Products = nil // the link keeps the ones it has
		}
	case body.InstitutionID != nil:
		if made.Bank = *body.InstitutionID; s.institution(made.Bank) == nil {
			return nil, forbiddenConfig("institution_id names no institution.")
		}
	}
	s.forgetSessions()
	token := s.mint("mk_ls_")
	s.Sessions[token] = made
	s.changed()
	return sessionAnswer{Token: token}, nil
}

// sessionsKept is how many link sessions, and how many tokens to exchange, are
// remembered.
const sessionsKept = 10_000

// forgetSessions makes room for another session and its exchange.
func (s *Sandbox) forgetSessions() {
	forgetOldest(s.Sessions, sessionsKept, func(at *session) time.Time { return at.ExpiresAt })
	forgetOldest(s.Exchanges, sessionsKept, func(x exchange) time.Time { return x.ExpiresAt })
}

// forgetOldest makes room for one more in a map that holds so many at most. One
// that expired is kept as long as there is room, so that its holder learns that
// it expired rather than that it never was.
func forgetOldest[T any](all map[string]T, most int, expiresAt func(T) time.Time) {
	if len(all) < most {
		return
	}
	keys := slices.SortedFunc(maps.Keys(all), func(a, b string) int {
		return cmp.Or(expiresAt(all[a]).Compare(expiresAt(all[b])), cmp.Compare(a, b))
	})
	for _, key := range keys[:1+most/10] { // so that not every new one sorts them
		delete(all, key)
	}
}

func forbiddenConfig(message string) error {
	return fail(http.StatusForbidden, "link_session_error.forbidden_config", message)
}

type exchangeBody struct {
	Token *string `json:"exchangeable_token"`
}

type exchangedAnswer struct {
	LinkID string     `json:"link_id"`
	Link   linkAnswer `json:"link"`
}

func (s *Sandbox) exchangeToken(c *call) (any, error) {
	var body exchangeBody
	if err := decode(c, &body); err != nil {
		return nil, err
	}
	if body.Token == nil {
		return nil, invalid(bodyError("field required", "value_error.missing", "exchangeable_token"))
	}
	x, known := s.Exchanges[*body.Token]
	if !known || !c.at.Before(x.ExpiresAt) || s.linkAt(x.Place).State != awaitingTokenExchange {
		return nil, fail(http.StatusBadRequest, "link_session_error.invalid_token_exchange",
			"The exchangeable token is not known, has expired, or was exchanged already.")
	}
	delete(s.Exchanges, *body.Token)
	l := s.linkAt(x.Place)
	s.startConnecting(l, c.at)
	return exchangedAnswer{LinkID: l.id, Link: l.answer()}, nil
}
