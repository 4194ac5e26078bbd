package sandbox

import "strconv"

// question is something a bank wants to know before it lets the user in.
type question struct {
	kind    string // code, text or choice
	prompt  string
	options []string
	tells   string // the right answer, where the bank tells it
	right   string
}

// login is a pair of credentials that the Sandbox's banks know.
type login struct {
	questions []question
	// persona is set where the user's accounts are fixed, and the same for every
	// link made with this login.
	persona string
}

// logins are all pairs of user name and password that are right.
func logins(username, password string) (login, bool) {
	switch [2]string{username, password} {
	case [2]string{"user_good", "pass_good"}:
		return login{}, true
	case [2]string{"user_good", "mfa_device"}:
		return login{questions: []question{
			{kind: "code", prompt: "Enter the code sent to the device ending in 4821", right: "1234"},
		}}, true
	case [2]string{"user_good", "mfa_question"}:
		return login{questions: []question{
			{kind: "text", prompt: `Security question 1: answer "Hello"`, tells: "Hello", right: "Hello"},
			{kind: "text", prompt: `Security question 2: answer "World"`, tells: "World", right: "World"},
		}}, true
	case [2]string{"user_good", "mfa_selections"}:
		return login{questions: []question{
			{kind: "choice", prompt: `Choose "Blue"`, options: []string{"Red", "Blue", "Green"}, tells: "Blue", right: "Blue"},
		}}, true
	case [2]string{"user_1", "pass_good"}, [2]string{"user_2", "pass_good"}:
		return login{persona: username}, true
	}
	return login{}, false
}

// consents is what an OAuth bank asks.
var consents = question{kind: "oauth", prompt: "Let this app see your accounts?", options: []string{allowAnswer, denyAnswer}}

// Answers to an OAuth bank.
const (
	allowAnswer = "allow"
	denyAnswer  = "deny"
)

// stage is what Connect asks next, or that it has asked everything.
type stage struct {
	Kind        string            `json:"kind"`
	Prompt      string            `json:"prompt"`
	Options     []string          `json:"options"`
	Answer      string            `json:"answer"`
	Institution *stageInstitution `json:"institution"`
	// Institutions are those to choose from.
	Institutions []*institution `json:"institutions,omitempty"`
	// URL is where an OAuth bank asks, on this server.
	URL string `json:"url,omitempty"`
	// Granted tells that the bank gives access to everything, without asking.
	Granted bool `json:"granted,omitempty"`
	// Accounts and Products are what the user can choose from at the end.
	Accounts []offeredAccount `json:"accounts,omitempty"`
	Products []offeredProduct `json:"products,omitempty"`
}

// stageInstitution is the bank that asks, as Connect tells of it.
type stageInstitution struct {
	ID        string  `json:"id"`
	Name      string  `json:"name"`
	Country   string  `json:"country"`
	Domain    *string `json:"domain"`
	Color     *string `json:"color"`
	ColorDark *string `json:"color_dark"`
	Avatar    string  `json:"avatar"`
}

// offeredAccount is an account that the user can share.
type offeredAccount struct {
	ID   string `json:"account_id"`
	Kind string `json:"account_type"`
	Name string `json:"name"`
	Mask string `json:"account_mask"`
}

// offeredProduct is a kind of data that the user is asked to permit.
type offeredProduct struct {
	Product  product `json:"product"`
	Required bool    `json:"required"`
	Reason   *string `json:"reason"`
}

func (q question) stage(bank *institution) stage {
	options := q.options
	if options == nil {
		options = []string{}
	}
	return stage{Kind: q.kind, Prompt: q.prompt, Options: options, Answer: q.tells, Institution: &stageInstitution{
		bank.ID, bank.Name, bank.Country, bank.Domain, bank.Color, bank.ColorDark, bank.avatar(),
	}}
}

// interview goes through a bank's questions with what was entered so far. It
// returns the first one that is still open, or a stage of kind "done" and the
// persona of the user who logged in.
func interview(bank *institution, entered connectBody) (stage, string, error) {
	done := question{kind: "done", prompt: bank.Name + " is ready to connect."}.stage(bank)
	switch {
	case entered.Deny || bank.ID == oauthBank && len(entered.Answers) > 0 && entered.Answers[0] == denyAnswer:
		return stage{}, "", refusal("user_oauth_denied", "Access was denied at "+bank.Name+".")
	case bank.ID == instantBank:
		done.Granted = true
		return done, "", nil
	case bank.ID == oauthBank && len(entered.Answers) == 0:
		return consents.stage(bank), "", nil
	case bank.ID == oauthBank && entered.Answers[0] != allowAnswer:
		return stage{}, "", refusal("user_input_incorrect", "The answer is neither allow nor deny.")
	case bank.ID == oauthBank:
		return done, "", nil
	case entered.Username == "" && entered.Password == "":
		return question{kind: "credentials", prompt: "Log in at " + bank.Name}.stage(bank), "", nil
	}
	user, known := logins(entered.Username, entered.Password)
	if !known {
		return stage{}, "", refusal("invalid_credentials", "The user name or password is wrong.")
	}
	for i, q := range user.questions {
		if i >= len(entered.Answers) {
			return q.stage(bank), "", nil
		}
		if entered.Answers[i] != q.right {
			return stage{}, "", refusal("user_input_incorrect", "Answer "+strconv.Itoa(i+1)+" is not right.")
		}
	}
	return done, user.persona, nil
}
