package sandbox

import (
	"net/http"
	"slices"
	"strconv"
)

// connectBody is what a user entered in Connect so far. The token stands for
// the whole session, so no bearer token is needed.
type connectBody struct {
	Token         string   `json:"link_session_token"`
	InstitutionID string   `json:"institution_id"`
	Username      string   `json:"username"`
	Password      string   `json:"password"`
	Answers       []string `json:"answers"`
	Deny          bool     `json:"deny"`
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

// connectSession reads a control call: the session that its token names, and
// the bank if one is chosen.
func (s *Sandbox) connectSession(c *call) (connectBody, *session, *institution, error) {
	var body connectBody
	if err := decode(c, &body); err != nil {
		return body, nil, nil, refusal("invalid_request", "The request is not the JSON expected here.")
	}
	at := s.sessions[body.Token]
	if at == nil || at.used {
		gone := refusal("session_not_found", "This session is not known, or was used already.")
		gone.status = http.StatusNotFound
		return body, nil, nil, gone
	}
	bank := at.bank
	if bank == nil && body.InstitutionID != "" {
		if bank = s.institution(body.InstitutionID); bank == nil {
			return body, nil, nil, refusal("institution_not_found", "There is no such institution.")
		}
	}
	if at.relink != nil && at.relink.state == deleted {
		return body, nil, nil, refusal("link_deleted", "The link was deleted.")
	}
	return body, at, bank, nil
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

// connectNext tells what Connect would ask next. It changes nothing.
func (s *Sandbox) connectNext(c *call) (any, error) {
	body, _, bank, err := s.connectSession(c)
	if err != nil {
		return nil, signed(c, err)
	}
	if bank == nil {
		choice := step{Kind: "institution", Prompt: "Choose your institution", Options: []string{}}
		for _, i := range s.institutions {
			choice.Options = append(choice.Options, i.ID)
		}
		return choice, nil
	}
	next, _, err := interview(bank, body)
	if err != nil {
		return nil, signed(c, err)
	}
	return next, nil
}

type connectAnswer struct {
	ExchangeableToken string `json:"exchangeable_token,omitempty"`
	LinkID            string `json:"link_id"`
}

// connect goes through all of Connect at once.
func (s *Sandbox) connect(c *call) (any, error) {
	body, at, bank, err := s.connectSession(c)
	if err != nil {
		return nil, signed(c, err)
	}
	if bank == nil {
		return nil, signed(c, refusal("institution_required", "No institution was chosen."))
	}
	last, persona, err := interview(bank, body)
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
	at.used = true
	if at.relink != nil {
		at.relink.renew(at)
		s.startConnecting(at.relink, c.at)
		return connectAnswer{LinkID: at.relink.id}, nil
	}
	l := s.newLink(at, bank, persona, c)
	token := s.mint("mk_ex_")
	s.exchanges[token] = l
	return connectAnswer{ExchangeableToken: token, LinkID: l.id}, nil
}

// renew takes over what a relink session asks for on top.
func (l *link) renew(at *session) {
	for _, name := range allProducts {
		if settings, asked := at.products[name]; asked {
			l.permit(name, settings)
		}
	}
	if at.webhook != nil {
		l.webhook = at.webhook
	}
	if at.tags != nil {
		l.tags = at.tags
	}
}

// newLink makes the link that a session leads to. It waits for the exchange.
func (s *Sandbox) newLink(at *session, bank *institution, persona string, c *call) *link {
	l := &link{
		id:        s.linkID(len(s.links)),
		bank:      bank,
		user:      at.user,
		state:     awaitingTokenExchange,
		createdAt: c.at,
		webhook:   at.webhook,
		tags:      slices.Clone(at.tags),
		persona:   persona,
	}
	if l.persona == "" {
		l.persona = "link " + strconv.Itoa(len(s.links))
	}
	l.renew(at)
	s.addLink(l)
	return l
}

// linkID is the id of the link at a place in the order of creation.
func (s *Sandbox) linkID(place int) string {
	return s.id("mk_", 22, "link", strconv.Itoa(place))
}
