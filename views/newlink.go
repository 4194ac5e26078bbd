package views

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	"charm.land/huh/v2"
	"github.com/spf13/pflag"

	"till/moneykit"
	"till/ui"
	"till/ui/form"
	"till/ui/theme"
)

// customerUser is who a session is opened for unless the operator says otherwise.
const customerUser = "till-operator"

// NewLink is what a session for a new link asks for, as an operator fills it in.
type NewLink struct {
	User        string // the customer, as the app calls them
	Products    []string
	Permission  bool // the customer is asked about each product
	Institution string
	Countries   []string
	Tags        string // separated by commas
	Webhook     string
}

// DefaultNewLink asks for accounts, which every link has, and transactions.
func DefaultNewLink() NewLink {
	return NewLink{User: customerUser, Products: []string{string(moneykit.ProductTransactions)}, Permission: true}
}

// Flags are how the command line tells it.
func (n *NewLink) Flags(f *pflag.FlagSet) {
	f.StringVar(&n.User, "user", n.User, "customer user id: what the app calls the customer")
	f.StringSliceVar(&n.Products, "products", n.Products, "products besides accounts")
	f.BoolVar(&n.Permission, "permission", n.Permission, "let the customer leave products out")
	f.StringVar(&n.Institution, "institution", "", "institution id; without it the customer chooses")
	f.StringSliceVar(&n.Countries, "country", nil, "offer institutions of this country: US, GB or CA; can be repeated")
	f.StringVar(&n.Tags, "tag", "", "tags of the link, separated by commas")
	f.StringVar(&n.Webhook, "webhook", "", "URL for news of this link, instead of the app's")
}

// Validate returns nil, or what is wrong in one sentence.
func (n NewLink) Validate() error {
	return cmp.Or(validUser(n.User), validInstitution(n.Institution), validCountries(n.Countries), validWebhook(n.Webhook), validProducts(n.Products))
}

// Request is the session's.
func (n NewLink) Request() moneykit.LinkSessionRequest {
	r := moneykit.LinkSessionRequest{
		CustomerUser:  moneykit.CustomerUser{ID: moneykit.UserID(strings.TrimSpace(n.User))},
		InstitutionID: moneykit.InstitutionID(strings.TrimSpace(n.Institution)),
		Webhook:       strings.TrimSpace(n.Webhook),
		Settings:      &moneykit.LinkSessionSettings{Products: products(n.Products, moneykit.ProductSettings{RequirePermission: n.Permission, Prefetch: true})},
	}
	for _, country := range n.Countries {
		r.Settings.Countries = append(r.Settings.Countries, countryOf(country))
	}
	for tag := range strings.SplitSeq(n.Tags, ",") {
		if tag = strings.TrimSpace(tag); tag != "" {
			r.LinkTags = append(r.LinkTags, tag)
		}
	}
	return r
}

func validUser(id string) error {
	if n := utf8.RuneCountInString(strings.TrimSpace(id)); n < 4 || n > 150 {
		return errors.New("a customer user id has 4 to 150 characters")
	}
	return nil
}

func validInstitution(id string) error {
	if strings.ContainsAny(strings.TrimSpace(id), " /?#") {
		return errors.New("an institution id is one word, such as chase")
	}
	return nil
}

func countryOf(name string) moneykit.Country {
	return moneykit.Country(strings.ToUpper(strings.TrimSpace(name)))
}

func validCountries(names []string) error {
	known := []moneykit.Country{moneykit.UnitedStates, moneykit.UnitedKingdom, moneykit.Canada}
	for _, name := range names {
		if !slices.Contains(known, countryOf(name)) {
			return errors.New("the countries are US, GB and CA, not " + name)
		}
	}
	return nil
}

func validWebhook(address string) error {
	if address = strings.TrimSpace(address); address == "" {
		return nil
	}
	if u, err := url.Parse(address); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return errors.New("a webhook is a URL, such as https://app.example/hook")
	}
	return nil
}

func validProducts(names []string) error {
	for _, name := range names {
		if !slices.Contains(linkables(), productOf(name)) {
			return fmt.Errorf("a new link takes the products %s, not %q", strings.Trim(fmt.Sprint(linkables()), "[]"), name)
		}
	}
	return nil
}

// productOf reads a product as people write it.
func productOf(name string) moneykit.Product {
	return moneykit.Product(strings.NewReplacer(" ", "_", "-", "_").Replace(strings.TrimSpace(name)))
}

// linkables are the products that a session can ask for.
func linkables() []moneykit.Product {
	return []moneykit.Product{moneykit.ProductTransactions, moneykit.ProductAccountNumbers, moneykit.ProductIdentity, moneykit.ProductInvestments}
}

func (s *session) newLinkAction() []ui.Action {
	if s.app.ReadOnly {
		return nil
	}
	return []ui.Action{{Name: "New link: connect a bank", Key: ui.Bind("n", "new"), Disabled: s.app.whyPrivate, Ask: s.askNewLink}}
}

// askNewLink asks what most need to be asked for a new link.
func (s *session) askNewLink() ui.Dialog {
	n, place := DefaultNewLink(), s.places()[0].Value
	return form.New("New link", func() []huh.Field {
		var options []huh.Option[string]
		for _, p := range linkables() {
			options = append(options, huh.NewOption(words(string(p)), string(p)))
		}
		return []huh.Field{
			huh.NewMultiSelect[string]().Title("Products besides accounts").Options(options...).
				Value(&n.Products).Height(len(options) + 1).Filterable(false),
			huh.NewInput().Title("Customer user id").Description("what your app calls the customer").Value(&n.User).Validate(validUser),
			huh.NewSelect[string]().Title("Go through Connect").
				Options(append(s.places(), huh.NewOption("more settings first", furtherOn))...).Value(&place),
		}
	}, func() tea.Cmd {
		if place == furtherOn {
			return ui.Open(s.askNewLinkFurther(n, nil))
		}
		return connecting(s, newLinking(n, place))
	}).Leads().Says(theme.Muted, "A link session is opened, and the customer goes through Connect.")
}

func newLinking(n NewLink, place string) linking {
	return linking{request: n.Request(), inTerminal: place == here, asked: &n}
}

// askNewLinkFurther asks for the rest. before is done before the run begins.
func (s *session) askNewLinkFurther(n NewLink, before tea.Cmd) ui.Dialog {
	place := s.places()[0].Value
	return form.New("New link: more settings", func() []huh.Field {
		fields := []huh.Field{
			huh.NewInput().Title("Institution id").Description("empty lets the customer choose").Value(&n.Institution).Validate(validInstitution),
			huh.NewMultiSelect[string]().Title("Countries").Description("none stands for all").Options(
				huh.NewOption("United States", "US"), huh.NewOption("United Kingdom", "GB"), huh.NewOption("Canada", "CA"),
			).Value(&n.Countries).Height(5).Filterable(false),
			huh.NewInput().Title("Tags").Description("separated by commas").Value(&n.Tags),
		}
		if !s.app.Guest { // who must not have this computer call whatever they like
			fields = append(fields, huh.NewInput().Title("Webhook").Description("URL for news of this link; empty for the app's").
				Value(&n.Webhook).Validate(validWebhook))
		}
		return s.withPlace(&place, append(fields, huh.NewConfirm().Title("May the customer leave products out?").Value(&n.Permission))...)
	}, func() tea.Cmd {
		return tea.Sequence(before, connecting(s, newLinking(n, place)))
	}).Leads()
}
