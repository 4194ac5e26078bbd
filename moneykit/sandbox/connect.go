package sandbox

import (
	"net/http"
	"slices"
)

// connectBody is what a user entered in Connect so far. The token stands for
// the whole session, so no bearer token is needed.
type connectBody struct {
	Token         string   `json:"link_session_token"`
	InstitutionID string   `json:"institution_id"`
	Username      string   `json:"username"`
	Password      string   `json:"password"`
	Answers       []string `json:"answers"`
	// AccountIDs are the accounts to share, nil for all; names do as well.
	AccountIDs []string `json:"account_ids"`
	// Products are those permitted of the ones that ask for it, nil for all.
	Products []product `json:"products"`
	Deny     bool      `json:"deny"`
	// RedirectURL is where an OAuth bank sent the browser back to.
	RedirectURL string `json:"redirect_url"`
}

// refusalBody is Connect's way to say no: for the user, and for support.
type refusalBody struct {
	ErrorCode        string `json:"error_code"`
	DisplayedMessage string `json:"displayed_message"`
	RequestID        string `json:"request_id"`
}

func refusal(code, message string) *problem {
	return &problem{
		status: http.StatusUnprocessableEntity,
		body:   &refusalBody{ErrorCode: code, DisplayedMessage: message},
	}
}

// signed puts the request's id into a refusal.
func signed(c *call, err error) error {
	if p, ok := err.(*problem); ok {
		if body, ok := p.body.(*refusalBody); ok {
			body.RequestID = c.requestID
		}
	}
	return err
}

// session finds the session of a token, as long as it can be used.
func (s *Sandbox) session(c *call, token string) (*session, error) {
	at := s.Sessions[token]
	gone := refusal("session_not_found", "This session is not known, or was used already.")
	gone.status = http.StatusNotFound
	switch {
	case at == nil || at.Used:
		return nil, gone
	case !c.at.Before(at.ExpiresAt):
		return nil, refusal("session_expired", "This session has expired. Start again.")
	}
	if at.Relink != "" && s.find(at.Relink).State == deleted {
		return nil, refusal("link_deleted", "The link was deleted.")
	}
	return at, nil
}

// entered reads a control call: what was entered, the session that its token
// names, and the bank if one is chosen.
func (s *Sandbox) entered(c *call) (connectBody, *session, *institution, error) {
	var body connectBody
	if err := decodeStrictly(c, &body); err != nil {
		return body, nil, nil, refusal("invalid_request", "The request is not the JSON expected here"+pointer(err)+".")
	}
	at, err := s.session(c, body.Token)
	if err != nil {
		return body, nil, nil, err
	}
	id := at.Bank
	if id == "" {
		id = body.InstitutionID
	}
	if id == "" && body.RedirectURL != "" {
		id = oauthBank // no other sends its users anywhere
	}
	bank := s.institution(id)
	if bank == nil && id != "" {
		return body, nil, nil, refusal("institution_not_found", "There is no such institution.")
	}
	if bank != nil && !at.offers(bank) {
		return body, nil, nil, refusal("institution_not_available", bank.Name+" is not in a country that this session is for.")
	}
	if body.RedirectURL != "" {
		if body.Answers, err = at.answered(body.RedirectURL); err != nil {
			return body, nil, nil, err
		}
		if body.AccountIDs == nil && at.Relink == "" {
			body.AccountIDs = at.Consent.Accounts
		}
	}
	return body, at, bank, nil
}

// connectNext tells what Connect would ask next. It changes nothing.
func (s *Sandbox) connectNext(c *call) (any, error) {
	body, at, bank, err := s.entered(c)
	if err != nil {
		return nil, signed(c, err)
	}
	if bank == nil {
		choice := stage{Kind: "institution", Prompt: "Choose your institution", Options: []string{}}
		for _, i := range s.institutions {
			if at.offers(i) {
				choice.Options, choice.Institutions = append(choice.Options, i.ID), append(choice.Institutions, i)
			}
		}
		return choice, nil
	}
	next, user, err := interview(bank, body)
	if err != nil {
		return nil, signed(c, err)
	}
	switch next.Kind {
	case "done":
		next.Accounts, next.Products = s.offer(at, user), at.asks()
	case consents.kind:
		next.URL = bankPage(body.Token)
	}
	return next, nil
}

type connectAnswer struct {
	ExchangeableToken string `json:"exchangeable_token,omitempty"`
	LinkID            string `json:"link_id"`
}

// connect goes through all of Connect at once.
func (s *Sandbox) connect(c *call) (any, error) {
	body, at, bank, err := s.entered(c)
	if err != nil {
		return nil, signed(c, err)
	}
	if bank == nil {
		return nil, signed(c, refusal("institution_required", "No institution was chosen."))
	}
	last, user, err := interview(bank, body)
	if err != nil {
		return nil, signed(c, err)
	}
	switch last.Kind {
	case "done", consents.kind: // calling this at all is the consent
	case "credentials":
		return nil, signed(c, refusal("invalid_credentials", "The user name or password is missing."))
	default:
		return nil, signed(c, refusal("user_input_incorrect", "Not answered yet: "+last.Prompt))
	}
	answer, err := s.complete(c, at, bank, user, body)
	if err != nil {
		return nil, signed(c, err)
	}
	return answer, nil
}

// complete makes or mends the link, once the user has said everything.
func (s *Sandbox) complete(c *call, at *session, bank *institution, user string, body connectBody) (any, error) {
	permitted, err := at.permitted(body.Products)
	if err != nil {
		return nil, err
	}
	if at.Relink != "" {
		l := s.find(at.Relink)
		l.renew(at, permitted)
		at.use()
		s.startConnecting(l, c.at)
		return connectAnswer{LinkID: l.id}, nil
	}
	if at.Features.RejectDuplicate && slices.ContainsFunc(s.linksOf(at.User), func(l *link) bool { return l.Bank == bank.ID }) {
		return nil, refusal("duplicate_institution", bank.Name+" is connected already.")
	}
	if err := s.roomForLink(); err != nil {
		return nil, refusal("too_many_links", "This Sandbox has no room for another link.")
	}
	o := s.origin(at, user, permitted)
	if o.Chosen, err = s.choose(at, o, body.AccountIDs); err != nil {
		return nil, err
	}
	l := &link{
		Place: s.Total, Bank: bank.ID, User: at.User, Provider: defaultProvider, State: awaitingTokenExchange, CreatedAt: c.at, Origin: o,
	}
	s.adopt(l)
	l.renew(at, permitted)
	at.use()
	s.add(l)
	token := s.mint("mk_ex_")
	s.Exchanges[token] = exchange{Place: l.Place, ExpiresAt: c.at.Add(sessionLife)}
	s.stateChanged(l, c.at)
	return connectAnswer{ExchangeableToken: token, LinkID: l.id}, nil
}

// use ends the session. What only it needed is forgotten.
func (at *session) use() { at.Used, at.Accounts, at.Owners, at.Products = true, nil, nil, nil }

// offers tells whether the user can connect an institution. One that the
// customer chose is not asked about.
func (at *session) offers(bank *institution) bool {
	return at.Bank != "" || len(at.Countries) == 0 || slices.Contains(at.Countries, bank.Country)
}

// renew takes over what a session asks for.
func (l *link) renew(at *session, permitted []product) {
	for _, name := range permitted {
		l.permit(name, at.Products[name])
	}
	if at.Webhook != nil {
		l.Webhook = at.Webhook
	}
	if at.Tags != nil {
		l.Tags = at.Tags
	}
}
