package sandbox

import (
	"bytes"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"sync"

	"till/assets"
)

// consent is what the user said at an OAuth bank's own page.
type consent struct {
	State    string   `json:"state"`
	Code     string   `json:"code"` // empty when access was denied
	Accounts []string `json:"accounts"`
}

// bankPage is where on this server OAuth Bank asks the user of a session.
func bankPage(sessionToken string) string { return "/connect/bank/" + url.PathEscape(sessionToken) }

var bankTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.ParseFS(assets.Pages, "pages/bank.html"))
})

// bankView is what the page shows.
type bankView struct {
	Bank     string
	Open     bool // a session waits for the answer
	Accounts []offeredAccount
	OnlyOne  bool // of the accounts can be shared
	Notice   string
}

// showBank is OAuth Bank's page, which asks whether to give access to what.
func (s *Sandbox) showBank(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	view, _ := s.bankView(r)
	s.mu.Unlock()
	writePage(w, view)
}

// bankView finds the session that the path names. Without one that asks OAuth
// Bank, the view says so.
func (s *Sandbox) bankView(r *http.Request) (bankView, *session) {
	view := bankView{Bank: s.institution(oauthBank).Name}
	at, err := s.session(&call{Request: r, at: s.now()}, r.PathValue("token"))
	if err != nil || at.Bank != "" && at.Bank != oauthBank {
		view.Notice = "This page has expired. Go back to the app and start again."
		return view, nil
	}
	view.Open, view.Accounts, view.OnlyOne = true, s.offer(at, ""), at.Features.OnlyOneAccount
	return view, at
}

func writePage(w http.ResponseWriter, view bankView) {
	var page bytes.Buffer
	if err := bankTemplate().Execute(&page, view); err != nil {
		panic(err) // the template and its data belong together
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Length", strconv.Itoa(page.Len()))
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'")
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Content-Type-Options", "nosniff")
	switch {
	case !view.Open:
		w.WriteHeader(http.StatusNotFound)
	case view.Notice != "":
		w.WriteHeader(http.StatusUnprocessableEntity)
	}
	_, _ = w.Write(page.Bytes())
}

// answerBank takes what the user decided, and sends the browser back to the app.
func (s *Sandbox) answerBank(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	decision := r.PostFormValue("decision")
	view, back := s.decided(r, decision)
	if back == "" {
		writePage(w, view)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, back, http.StatusSeeOther)
}

// decided returns the URL to go back to, or the page to show once more.
func (s *Sandbox) decided(r *http.Request, decision string) (view bankView, back string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	view, at := s.bankView(r)
	accounts := r.PostForm["account"]
	switch {
	case at == nil:
	case decision != allowAnswer && decision != denyAnswer:
		view.Notice = "Choose whether to allow access."
	case decision == allowAnswer && r.PostForm.Has("listed") && accounts == nil:
		view.Notice = "Choose at least one account, or deny access."
	default:
		back = s.decide(at, decision == allowAnswer, accounts)
	}
	return view, back
}

// decide notes the user's decision, and returns the URL to go back to.
func (s *Sandbox) decide(at *session, allowed bool, accounts []string) string {
	at.Consent = &consent{State: s.mint("st_"), Accounts: accounts}
	query := url.Values{"state": {at.Consent.State}}
	if allowed {
		at.Consent.Code = s.mint("code_")
		query.Set("code", at.Consent.Code)
	} else {
		query.Set("error", "access_denied")
	}
	s.changed()
	back, err := url.Parse(at.Redirect)
	if err != nil {
		panic(err) // it was parsed when it came in
	}
	back.RawQuery = query.Encode()
	return back.String()
}

// answered reads what an OAuth bank answered from the URL it sent the browser
// back to.
func (at *session) answered(redirected string) ([]string, error) {
	u, err := url.Parse(redirected)
	if err != nil || at.Consent == nil || !same(u.Query().Get("state"), at.Consent.State) || !same(u.Query().Get("code"), at.Consent.Code) {
		return nil, refusal("user_oauth_denied", "The bank's answer does not belong to this session.")
	}
	if at.Consent.Code == "" {
		return []string{denyAnswer}, nil
	}
	return []string{allowAnswer}, nil
}
