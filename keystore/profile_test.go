package keystore

import (
	"strings"
	"testing"
)

func TestValidate(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		change func(*Profile)
		want   string // part of the error; "" for a valid profile
	}{
		{func(*Profile) {}, ""},
		{func(p *Profile) { p.Name = "Größe 7_b-c.d" }, ""},
		{func(p *Profile) { p.Name = strings.Repeat("ü", 40) }, ""},
		{func(p *Profile) { p.Name = strings.Repeat("ü", 41) }, "41 characters"},
		{func(p *Profile) { p.Name = "" }, "name is empty"},
		{func(p *Profile) { p.Name = "  " }, "name is empty"},
		{func(p *Profile) { p.Name = " a" }, "space"},
		{func(p *Profile) { p.Name = "a/b" }, "letters"},
		{func(p *Profile) { p.Name = "a:b" }, "letters"},
		{func(p *Profile) { p.Name = "a\x1b" }, "letters"},
		{func(p *Profile) { p.Name = "a\xff" }, "letters"},
		{func(p *Profile) { p.Name = "a\u202eb" }, "letters"},
		{func(p *Profile) { p.Mode = "" }, "mode"},
		{func(p *Profile) { p.Mode = "LIVE" }, "mode"},
		{func(p *Profile) { p.BaseURL = "" }, "URL is empty"},
		{func(p *Profile) { p.BaseURL = "api.moneykit.com" }, "https://"},
		{func(p *Profile) { p.BaseURL = "ftp://x" }, "https://"},
		{func(p *Profile) { p.BaseURL = "https://" }, "no host"},
		{func(p *Profile) { p.BaseURL = "https:///x" }, "no host"},
		{func(p *Profile) { p.BaseURL = "https://x/%zz" }, "not a URL"},
		{func(p *Profile) { p.BaseURL = "https://u:swordfish-9999@x" }, "password"},
		{func(p *Profile) { p.BaseURL = "https://u:swordfish-9999@x/%zz" }, "not a URL"},
		{func(p *Profile) { p.BaseURL = "https://x/?a=1" }, "query"},
		{func(p *Profile) { p.BaseURL = "https://x/?" }, "query"},
		{func(p *Profile) { p.BaseURL = "https://x/#a" }, "fragment"},
		{func(p *Profile) { p.BaseURL = "https://x/#" }, "fragment"},
		{func(p *Profile) { p.BaseURL = "http://x.example" }, "https://"},
		{func(p *Profile) { p.BaseURL = "http://localhost.evil.example" }, "https://"},
		{func(p *Profile) { p.BaseURL = "http://localhost:8080" }, ""},
		{func(p *Profile) { p.BaseURL = "http://127.0.0.9" }, ""},
		{func(p *Profile) { p.BaseURL = "http://[::1]:1/api" }, ""},
		{func(p *Profile) { p.BaseURL = "https://x.example:8443/api/" }, ""},
		{func(p *Profile) { p.ClientID = "" }, "client id is empty"},
		{func(p *Profile) { p.ClientID = " \t" }, "client id is empty"},
		{func(p *Profile) { p.ClientID = "a\nb" }, "client id holds"},
		{func(p *Profile) { p.ClientID = "a " }, "client id holds"},
		{func(p *Profile) { p.RedirectURI = DefaultRedirectURI }, ""},
		{func(p *Profile) { p.RedirectURI = "https://x.example/back" }, ""},
		{func(p *Profile) { p.RedirectURI = "http://[::1]:1" }, ""},
		{func(p *Profile) { p.RedirectURI = " " }, "redirect URI must begin with https://"},
		{func(p *Profile) { p.RedirectURI = "/till" }, "redirect URI must begin with https://"},
		{func(p *Profile) { p.RedirectURI = "till://back" }, "redirect URI must begin with https://"},
		{func(p *Profile) { p.RedirectURI = "http:///till" }, "redirect URI names no host"},
		{func(p *Profile) { p.RedirectURI = "http:localhost" }, "redirect URI names no host"},
		{func(p *Profile) { p.RedirectURI = "https://u:swordfish-9999@x" }, "redirect URI must not carry a user"},
		{func(p *Profile) { p.RedirectURI = "https://swordfish-9999/%zz" }, "redirect URI is not a URL"},
		{func(p *Profile) { p.RedirectURI = "https://x/?state=swordfish-9999" }, "redirect URI must not carry a query"},
		{func(p *Profile) { p.RedirectURI = "https://x/?" }, "redirect URI must not carry a query"},
		{func(p *Profile) { p.RedirectURI = "https://x/#a" }, "redirect URI must not carry a query or a fragment"},
		{func(p *Profile) { p.RedirectURI = "https://x/#" }, "redirect URI must not carry a query or a fragment"},
		{func(p *Profile) { p.RedirectURI = "http://swordfish-9999.example/till" }, "redirect URI must begin with https://, or"},
	} {
		p := sample("a")
		c.change(&p)
		err := p.Validate()
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%+v: %v", p, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%+v: got %v, want …%s…", p, err, c.want)
		case err != nil && strings.Contains(err.Error(), hush):
			t.Errorf("the error repeats a password: %v", err)
		}
	}
}

func TestTheRedirectURIHasADefault(t *testing.T) {
	t.Parallel()
	p := sample("a")
	if got := p.Redirect(); got != DefaultRedirectURI {
		t.Errorf("without one the redirect URI is %q", got)
	}
	p.RedirectURI = "https://x.example/back"
	if got := p.Redirect(); got != "https://x.example/back" {
		t.Errorf("the redirect URI is %q", got)
	}
}

func TestFromEnv(t *testing.T) {
	t.Parallel()
	live := Profile{Name: "environment", Mode: Live, BaseURL: DefaultBaseURL, ClientID: "id"}
	local := live
	local.Mode, local.BaseURL = Sandbox, "http://127.0.0.1:9"
	back := live
	back.RedirectURI = "https://x.example/back"
	for _, c := range []struct {
		id, secret, url, redirect string

		want  Profile
		ok    bool
		wrong string
	}{
		{},
		{url: "https://x.example", redirect: "https://x.example/back"},
		{id: "id", secret: hush, want: live, ok: true},
		{id: " id\n", secret: "\t" + hush + "\n", url: " ", want: live, ok: true},
		{id: "id", secret: hush, url: "http://127.0.0.1:9", want: local, ok: true},
		{id: "id", secret: hush, redirect: " https://x.example/back\n", want: back, ok: true},
		{id: "id", secret: hush, redirect: "\t", want: live, ok: true},
		{id: "id", wrong: "MONEYKIT_CLIENT_SECRET is not"},
		{id: "id", secret: " ", wrong: "MONEYKIT_CLIENT_SECRET is not"},
		{secret: hush, wrong: "MONEYKIT_CLIENT_ID is not"},
		{id: "id", secret: hush, url: "http://x.example", wrong: "https://"},
		{id: "id", secret: hush, redirect: "https://x/?" + hush, wrong: "redirect URI must not carry"},
		{id: "i d", secret: hush, wrong: "client id"},
	} {
		env := map[string]string{EnvClientID: c.id, EnvClientSecret: c.secret, EnvURL: c.url, EnvRedirectURI: c.redirect}
		p, secret, ok, err := FromEnv(func(k string) string { return env[k] })
		if c.wrong != "" {
			if err == nil || !strings.Contains(err.Error(), c.wrong) || strings.Contains(err.Error(), hush) {
				t.Errorf("%+v: error %v, want …%s…", c, err, c.wrong)
			}
			if ok || secret != "" {
				t.Errorf("%+v: an error and a secret at once", c)
			}
			continue
		}
		if err != nil || p != c.want || ok != c.ok || (secret == hush) != c.ok {
			t.Errorf("%+v: got %+v, %v, %v", c, p, ok, err)
		}
	}
}
