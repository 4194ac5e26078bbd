package connect

import "till/moneykit"

// Kind is what Connect wants to know.
type Kind string

// The kinds of question.
const (
	AskInstitution Kind = "institution" // one of Institutions
	AskPermission  Kind = "permissions" // which of Products
	AskCredentials Kind = "credentials" // a username and a password
	AskOAuth       Kind = "oauth"       // allow or deny at the bank
	AskCode        Kind = "code"        // a one-time code
	AskText        Kind = "text"
	AskChoice      Kind = "choice"   // one of Options
	AskAccounts    Kind = "accounts" // which of Accounts
)

// Question is what Connect asks of a user without a browser. Its texts are the
// bank's and have to be made safe before they are drawn.
type Question struct {
	Kind         Kind
	Prompt       string
	Options      []string
	Expected     string // the right answer, when the Sandbox tells it
	Institution  Institution
	Institutions []Institution
	Products     []AskedProduct
	Accounts     []OfferedAccount
	Back         bool     // another institution can be chosen
	Refusal      *Refusal // of the answer before, nil for none
}

// nameOf returns the name of one of Institutions, empty for none of them.
func (q *Question) nameOf(id moneykit.InstitutionID) string {
	for _, i := range q.Institutions {
		if i.ID == id {
			return i.Name
		}
	}
	return ""
}

// Institution is a bank to connect.
type Institution struct {
	ID      moneykit.InstitutionID
	Name    string
	Country moneykit.Country
}

// AskedProduct is a kind of data that the user may permit.
type AskedProduct struct {
	Product  moneykit.Product
	Optional bool   // the user may say no
	Reason   string // why the app asks
}

// OfferedAccount is an account that the user may share.
type OfferedAccount struct {
	ID   string               `json:"account_id"`
	Type moneykit.AccountType `json:"account_type"`
	Name string               `json:"name"`
	Mask string               `json:"account_mask"`
}

// Answer answers a Question with the fields that its kind asks for.
type Answer struct {
	Institution moneykit.InstitutionID
	Username    string
	Password    moneykit.Secret
	Text        string // to AskCode, AskText and AskChoice
	Deny        bool   // to AskOAuth
	Products    []moneykit.Product
	Accounts    []string
}

// reply is what the user does with a question.
type reply struct {
	answer Answer
	back   bool
	leave  bool
}

// Answer answers the question that State shows. Without one it does nothing.
func (r *Run) Answer(a Answer) { r.reply(reply{answer: a}) }

// Back takes the answers so far back, and asks for the institution again.
func (r *Run) Back() { r.reply(reply{back: true}) }

// Leave leaves Connect, as its close button does.
func (r *Run) Leave() { r.reply(reply{leave: true}) }

func (r *Run) reply(to reply) {
	if r.State().Question == nil {
		return // and nobody is told of a change
	}
	asked := false
	r.change(func(s *State) { asked, s.Question = s.Question != nil, nil })
	if asked {
		r.replies <- to // has room: a question takes one reply
	}
}
