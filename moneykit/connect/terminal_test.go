package connect_test

import (
	"slices"
	"strings"
	"testing"

	"till/moneykit"
	"till/moneykit/connect"
)

// logins are all that FACTS has, and what is wrong with each.
var logins = []struct {
	user, password string
	kind           connect.Kind // of the questions after the login
	wrong, right   []string     // answers
	tells          []string     // the answers that the bank tells
}{
	{"user_good", "pass_good", "", nil, nil, nil},
	{"user_1", "pass_good", "", nil, nil, nil},
	{"user_2", "pass_good", "", nil, nil, nil},
	{"user_good", "mfa_device", connect.AskCode, []string{"4321"}, []string{"1234"}, []string{""}},
	{"user_good", "mfa_question", connect.AskText, []string{"Hello", "world"}, []string{"Hello", "World"}, []string{"Hello", "World"}},
	{"user_good", "mfa_selections", connect.AskChoice, []string{"Red"}, []string{"Blue"}, []string{"Blue"}},
}

func TestEveryLogin(t *testing.T) {
	for _, x := range logins {
		for _, relink := range []bool{false, true} {
			name := x.user + " " + x.password
			if relink {
				name += " again"
			}
			t.Run(name, func(t *testing.T) {
				in(t, func(w *world) {
					var request moneykit.LinkSessionRequest
					if relink {
						request.ExistingLinkID = w.expired(credentialsBank)
					}
					k := w.walks(request)
					if !relink {
						k.chooses(credentialsBank)
					}
					k.logsIn(x.user, x.password)
					for i, answer := range x.wrong {
						q := k.asks(x.kind)
						if q.Expected != x.tells[i] || q.Prompt == "" || q.Institution.ID != credentialsBank || q.Institution.Name != "Credentials Bank" || q.Back == relink {
							w.Errorf("%+v", q)
						}
						if x.kind == connect.AskChoice && !slices.Equal(q.Options, []string{"Red", "Blue", "Green"}) {
							w.Errorf("%q", q.Options)
						}
						k.run.Answer(connect.Answer{Text: answer})
					}
					for i, answer := range x.right {
						if i == 0 {
							k.asksAgain(x.kind, moneykit.UserInputIncorrect)
						} else if q := k.asks(x.kind); q.Refusal != nil {
							w.Errorf("%v", q.Refusal)
						}
						k.run.Answer(connect.Answer{Text: answer})
					}
					if !relink {
						k.shares()
					}
					s := k.ends(connect.Connected, x.password)
					if relink && s.Link != request.ExistingLinkID || s.Last.InstitutionID != credentialsBank {
						w.Errorf("%+v", s.Last)
					}
				})
			})
		}
	}
}

func TestWrongLogins(t *testing.T) {
	in(t, func(w *world) {
		k := w.walks(moneykit.LinkSessionRequest{InstitutionID: credentialsBank})
		if q := k.asks(connect.AskCredentials); q.Refusal != nil || q.Back {
			w.Errorf("%+v", q)
		}
		k.latest.Version-- // the same question once more
		for _, pair := range [][2]string{
			{"user_good", "wrong_secret"}, {"wrong_user", "pass_good"}, {"user_1", "mfa_device"}, {"USER_GOOD", "pass_good"}, {"user_good", ""}, {"", "pass_good"},
		} {
			k.logsIn(pair[0], pair[1])
			k.asksAgain(connect.AskCredentials, moneykit.InvalidCredentials)
			k.latest.Version--
		}
		k.logsIn("user_good", "pass_good")
		k.shares()
		k.ends(connect.Connected, "wrong_secret", "pass_good", "wrong_user")
	})
}

func TestAnswersAfterAWrongPassword(t *testing.T) {
	in(t, func(w *world) {
		k := w.walks(moneykit.LinkSessionRequest{InstitutionID: credentialsBank})
		k.logsIn("user_good", "mfa_question")
		k.asks(connect.AskText)
		k.run.Answer(connect.Answer{Text: "no"})
		k.asksAgain(connect.AskText, moneykit.UserInputIncorrect)
		k.run.Answer(connect.Answer{Text: "Hello"})
		if q := k.asks(connect.AskText); q.Expected != "World" || q.Refusal != nil {
			w.Errorf("%+v", q)
		}
		k.run.Cancel()
	})
}

func TestInstitutions(t *testing.T) {
	in(t, func(w *world) {
		k := w.walks(moneykit.LinkSessionRequest{})
		q := k.asks(connect.AskInstitution)
		i := slices.IndexFunc(q.Institutions, func(i connect.Institution) bool { return i.ID == instantBank })
		if i < 0 || q.Institutions[i].Name != "Instant Bank" || q.Institutions[i].Country != moneykit.UnitedStates || q.Back || q.Refusal != nil {
			w.Errorf("%+v", q)
		}
		k.run.Answer(connect.Answer{Institution: "no-bank"})
		k.asksAgain(connect.AskInstitution, "institution_not_found")
		k.run.Answer(connect.Answer{})
		k.chooses(instantBank)
		k.ends(connect.Connected)
	})
	in(t, func(w *world) {
		k := w.walks(moneykit.LinkSessionRequest{Settings: &moneykit.LinkSessionSettings{Countries: []moneykit.Country{moneykit.Canada}}})
		for _, i := range k.asks(connect.AskInstitution).Institutions {
			if i.Country != moneykit.Canada {
				w.Errorf("%+v", i)
			}
		}
		k.run.Answer(connect.Answer{Institution: instantBank})
		k.asksAgain(connect.AskInstitution, "institution_not_available")
		k.run.Cancel()
	})
}

func TestInstantBankAsksNothing(t *testing.T) {
	in(t, func(w *world) {
		before := len(w.box.LinkIDs())
		request := moneykit.LinkSessionRequest{InstitutionID: instantBank, LinkTags: []string{"new"}}
		k := w.walks(request)
		s := k.ends(connect.Connected)
		if s.Last.InstitutionID != instantBank || !slices.Equal(s.Last.LinkTags, []string{"new"}) {
			w.Errorf("%+v", s.Last)
		}
		if after := w.box.LinkIDs(); len(after) != before+1 || after[before] != string(s.Link) {
			w.Errorf("%d links, were %d", len(after), before)
		}
		if strings.Contains(story(s.Events), "change_screen") {
			w.Errorf("it asked:\n%s", story(s.Events))
		}
		request.CustomerUser.ID = "user_4711"
		if got := k.run.Request(); got.InstitutionID != instantBank || got.RedirectURI != "" || got.CustomerUser != request.CustomerUser {
			w.Errorf("%+v", got)
		}
	})
}

func TestBanksOwnPage(t *testing.T) {
	in(t, func(w *world) {
		k := w.walks(moneykit.LinkSessionRequest{})
		k.chooses(oauthBank)
		if q := k.asks(connect.AskOAuth); q.Institution.ID != oauthBank || !q.Back {
			w.Errorf("%+v", q)
		}
		k.run.Answer(connect.Answer{Deny: true})
		k.asksAgain(connect.AskOAuth, moneykit.UserOAuthDenied)
		k.run.Answer(connect.Answer{})
		k.shares()
		k.ends(connect.Connected)
	})
	in(t, func(w *world) {
		id := w.expired(oauthBank)
		k := w.walks(moneykit.LinkSessionRequest{ExistingLinkID: id, InstitutionID: credentialsBank}) // the link wins
		k.asks(connect.AskOAuth)
		k.run.Answer(connect.Answer{Deny: true})
		k.asksAgain(connect.AskOAuth, moneykit.UserOAuthDenied)
		if link := w.link(id); link.State != moneykit.InError {
			w.Errorf("denied: %s", link.State)
		}
		k.run.Answer(connect.Answer{})
		if s := k.ends(connect.Connected); s.Link != id {
			w.Errorf("%s, want %s", s.Link, id)
		}
	})
}

func TestSessionsThatCannotBeOpened(t *testing.T) {
	in(t, func(w *world) {
		for _, request := range []moneykit.LinkSessionRequest{
			{ExistingLinkID: "mk_none"}, {ExistingLinkID: moneykit.LinkID(w.box.LinkIDs()[11])}, {InstitutionID: "no-bank"},
		} {
			k := w.walks(request)
			s := k.ends(connect.Failed)
			if !isCode(s.Err, moneykit.ForbiddenConfig) || moneykit.RequestID(s.Err) == "" || len(s.Events) > 0 {
				w.Errorf("%+v: %v", request, s.Err)
			}
		}
	})
}
