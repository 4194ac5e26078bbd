package connect

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"till/moneykit"
)

// nowhere is a redirect URI for sessions whose user is sent nowhere.
const nowhere = "http://127.0.0.1/till"

// InTerminal starts a Run that asks Connect's questions itself, by way of
// [State].Question and [Run].Answer. Only the Sandbox can be asked like that. It
// is spoken to through transport; nil stands for the default one.
func InTerminal(ctx context.Context, client *moneykit.Client, transport http.RoundTripper, request moneykit.LinkSessionRequest) *Run {
	return start(ctx, client, request, outcome{}, func(*Run) (way, error) {
		return &interview{desk: newDesk(client, transport)}, nil
	})
}

// interview is a walk through Connect by questions and answers. It tells the same
// events as Connect's pages do.
type interview struct {
	desk    *desk
	run     *Run
	entered entered
	refusal *Refusal               // of what was entered last
	bank    moneykit.InstitutionID // that asks
}

func (*interview) redirect() string { return nowhere }

func (*interview) close() {}

func (v *interview) walk(ctx context.Context, r *Run, session moneykit.Secret) (outcome, error) {
	v.run, v.entered.session = r, session
	v.run.change(func(s *State) { s.Phase = Asking })
	mode := "start"
	if r.relinks() {
		mode = "relink"
	}
	r.event("open", map[string]any{"mode": mode})
	for {
		question, err := v.next(ctx)
		if err == nil && question == nil {
			done, e := v.finish(ctx)
			if e == nil {
				return done, nil
			}
			err = e
		}
		if refusal := (*Refusal)(nil); errors.As(err, &refusal) {
			r.event("error", properties(refusal))
			if !v.takeBack(refusal) {
				return v.leave(refusal), nil
			}
			continue
		}
		if err != nil {
			return outcome{}, err
		}
		reply, err := v.put(ctx, question)
		switch {
		case err != nil:
			return outcome{}, err
		case reply.leave:
			return v.leave(nil), nil
		case reply.back:
			v.startOver()
		default:
			v.note(question, reply.answer)
		}
	}
}

// put shows a question and waits for the reply.
func (v *interview) put(ctx context.Context, q *Question) (reply, error) {
	q.Refusal, q.Back = v.refusal, v.entered.institution != ""
	v.refusal = nil
	v.run.event("change_screen", map[string]any{"current_screen_name": screenName(q.Kind)})
	v.run.change(func(s *State) { s.Question = q })
	select {
	case reply := <-v.run.replies:
		return reply, nil
	case <-ctx.Done():
		return reply{}, ctx.Err()
	}
}

// screenName is what Connect's pages call the screen of a question.
func screenName(k Kind) string {
	switch k {
	case AskCode:
		return "otp"
	case AskText:
		return "mfa"
	case AskChoice:
		return "mfa_selection"
	}
	return string(k)
}

// note takes an answer over into what was entered, and tells the event of it.
// Nothing chosen is not the same as nothing said, which would stand for all.
func (v *interview) note(q *Question, a Answer) {
	e := &v.entered
	switch q.Kind {
	case AskInstitution:
		e.institution = a.Institution
		v.run.event("select_institution", map[string]any{"institution_id": string(a.Institution), "institution_name": q.nameOf(a.Institution)})
	case AskPermission:
		e.permitted, e.products = true, append([]moneykit.Product{}, a.Products...)
		products := []any{}
		for _, p := range a.Products {
			products = append(products, string(p))
		}
		v.run.event("submit_permissions", map[string]any{"products": products})
	case AskCredentials:
		e.username, e.password, e.answers = a.Username, a.Password, nil
		v.run.event("submit_credentials", nil)
	case AskOAuth:
		e.answers, e.deny = []string{"allow"}, a.Deny
		v.run.event("open_oauth", map[string]any{"institution_id": string(v.bank)})
	case AskCode:
		e.answers = append(e.answers, a.Text)
		v.run.event("submit_otp", nil)
	case AskText, AskChoice:
		e.answers = append(e.answers, a.Text)
		v.run.event("submit_mfa", nil)
	case AskAccounts:
		e.chosen, e.accounts = true, append([]string{}, a.Accounts...)
		v.run.event("submit_accounts", map[string]any{"count": float64(len(a.Accounts))})
	}
}

// takeBack drops the part of what was entered that was refused, so that it is
// asked again. It reports false when nothing that can be entered would help.
func (v *interview) takeBack(refusal *Refusal) bool {
	e := &v.entered
	before := *e
	switch refusal.Code {
	case moneykit.InvalidCredentials:
		e.username, e.password, e.answers = "", moneykit.Secret{}, nil
	case moneykit.UserInputIncorrect:
		e.answers = nil
	case moneykit.UserOAuthDenied:
		e.answers, e.deny = nil, false
	case "no_accounts", "too_many_accounts", "permission_required":
		e.permitted, e.products, e.chosen, e.accounts = false, nil, false, nil
	case "session_not_found", "session_expired", "link_deleted":
		return false
	default:
		v.startOver()
	}
	v.refusal = refusal
	return !e.same(before)
}

func (v *interview) startOver() { v.entered = entered{session: v.entered.session} }

func (v *interview) leave(refusal *Refusal) outcome {
	v.run.event("exit", properties(refusal))
	return outcome{left: true, exit: refusal}
}

func properties(r *Refusal) map[string]any {
	if r == nil {
		return nil
	}
	return map[string]any{"error_id": string(r.Code), "displayed_message": r.Message, "request_id": r.RequestID}
}

// next returns the question that is still open, nil for none.
func (v *interview) next(ctx context.Context) (*Question, error) {
	stage, err := v.desk.next(ctx, v.entered)
	if err != nil {
		return nil, err
	}
	q, bank := stage.question(), Institution(stage.Institution)
	v.bank = bank.ID
	switch {
	case bank.ID == "" || stage.Granted:
		return q, nil
	case len(v.asked()) > 0 && !v.entered.permitted:
		return &Question{Kind: AskPermission, Institution: bank, Products: v.asked()}, nil
	case q == nil && len(stage.Accounts) > 0 && !v.entered.chosen:
		return &Question{Kind: AskAccounts, Institution: bank, Accounts: stage.Accounts}, nil
	}
	return q, nil
}

// asked are the products that the session is about. The user reads them before
// the login.
func (v *interview) asked() []AskedProduct {
	settings := v.run.request.Settings
	if settings == nil {
		return nil
	}
	var asked []AskedProduct
	for _, p := range moneykit.Products() {
		if s, ok := settings.Products[p]; ok {
			asked = append(asked, AskedProduct{Product: p, Optional: s.RequirePermission && !s.Required, Reason: s.Reason})
		}
	}
	return asked
}

// finish hands everything in.
func (v *interview) finish(ctx context.Context) (outcome, error) {
	done, err := v.desk.finish(ctx, v.entered)
	if err != nil {
		return outcome{}, err
	}
	v.run.event("success", map[string]any{"institution_id": string(v.bank)})
	return done, nil
}

// entered is all that the user entered so far.
type entered struct {
	session     moneykit.Secret
	institution moneykit.InstitutionID
	username    string
	password    moneykit.Secret
	answers     []string // to code, text and choice questions, in order
	deny        bool
	permitted   bool // the user was asked about products
	products    []moneykit.Product
	chosen      bool // the user was asked about accounts
	accounts    []string
}

func (e *entered) same(as entered) bool {
	return e.institution == as.institution && e.username == as.username && e.password.Equal(as.password) && e.deny == as.deny &&
		slices.Equal(e.answers, as.answers) && e.permitted == as.permitted && e.chosen == as.chosen
}
