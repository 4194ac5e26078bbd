package sandbox

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// maxURL is the length of the longest URL the API takes, in characters.
const maxURL = 65536

// session is a link session: what Connect needs to know to make or mend a link.
type session struct {
	user     string
	relink   *link // the link to connect again, or nil for a new one
	bank     *institution
	webhook  *string
	tags     []string
	products map[product]*productSettings
	used     bool
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
	CustomerUser *struct {
		ID    *string `json:"id"`
		Email *struct {
			Address string `json:"address"`
		} `json:"email"`
		Phone *struct {
			Number  string  `json:"number"`
			Country *string `json:"country"`
		} `json:"phone"`
	} `json:"customer_user"`
	ExistingLinkID *string  `json:"existing_link_id"`
	InstitutionID  *string  `json:"institution_id"`
	RedirectURI    *string  `json:"redirect_uri"`
	Webhook        *string  `json:"webhook"`
	LinkTags       []string `json:"link_tags"`
}

// check returns what is wrong with the body's values.
func (b *sessionBody) check() []validationError {
	var errs []validationError
	switch {
	case b.CustomerUser == nil:
		errs = append(errs, bodyError("field required", "value_error.missing", "customer_user"))
	case b.CustomerUser.ID == nil:
		errs = append(errs, bodyError("field required", "value_error.missing", "customer_user", "id"))
	default:
		errs = length(errs, *b.CustomerUser.ID, 4, 150, "customer_user", "id")
		if email := b.CustomerUser.Email; email != nil {
			errs = length(errs, email.Address, 4, 254, "customer_user", "email", "address")
		}
		if phone := b.CustomerUser.Phone; phone != nil {
			errs = length(errs, phone.Number, 4, 30, "customer_user", "phone", "number")
			if phone.Country != nil {
				errs = member(errs, *phone.Country, countries[:], "customer_user", "phone", "country")
			}
		}
	}
	errs = append(errs, b.checkURLs()...)
	if b.Settings != nil {
		for i, country := range b.Settings.Countries {
			errs = member(errs, country, countries[:], "settings", "countries", strconv.Itoa(i))
		}
		for i, provider := range b.Settings.Providers {
			errs = member(errs, provider, providers[:], "settings", "providers", strconv.Itoa(i))
		}
	}
	return errs
}

func (b *sessionBody) checkURLs() []validationError {
	var errs []validationError
	if b.RedirectURI == nil {
		errs = append(errs, bodyError("field required", "value_error.missing", "redirect_uri"))
	} else if errs = length(errs, *b.RedirectURI, 1, maxURL, "redirect_uri"); len(errs) == 0 {
		if u, err := url.Parse(*b.RedirectURI); err != nil || u.Scheme == "" || u.RawQuery != "" || u.ForceQuery {
			errs = append(errs, bodyError("redirect_uri must be a URL without a query", "value_error.url", "redirect_uri"))
		}
	}
	if b.Webhook != nil {
		errs = length(errs, *b.Webhook, 1, maxURL, "webhook")
	}
	return errs
}

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
	made := &session{
		user:     *body.CustomerUser.ID,
		webhook:  body.Webhook,
		tags:     body.LinkTags,
		products: body.products(),
	}
	switch {
	case body.ExistingLinkID != nil:
		made.relink = s.linksByID[*body.ExistingLinkID]
		if made.relink == nil || made.relink.state == deleted {
			return nil, forbiddenConfig("existing_link_id names no link that could be connected again.")
		}
		made.bank = made.relink.bank
		if body.Settings == nil || body.Settings.Products == nil {
			made.products = nil // the link keeps the ones it has
		}
	case body.InstitutionID != nil:
		if made.bank = s.institution(*body.InstitutionID); made.bank == nil {
			return nil, forbiddenConfig("institution_id names no institution.")
		}
	}
	token := s.mint("mk_ls_")
	s.sessions[token] = made
	return sessionAnswer{Token: token}, nil
}

func forbiddenConfig(message string) error {
	return fail(http.StatusForbidden, "link_session_error.forbidden_config", message)
}

type exchangeBody struct {
	Token *string `json:"exchangeable_token"`
}

type exchangeAnswer struct {
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
	l := s.exchanges[*body.Token]
	if l == nil || l.state != awaitingTokenExchange {
		return nil, fail(http.StatusBadRequest, "link_session_error.invalid_token_exchange",
			"The exchangeable token is not known, or was exchanged already.")
	}
	delete(s.exchanges, *body.Token)
	s.startConnecting(l, c.at)
	return exchangeAnswer{LinkID: l.id, Link: l.answer()}, nil
}
