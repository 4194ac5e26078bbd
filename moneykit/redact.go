package moneykit

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// withoutSecrets takes what authorises requests out of the exchange, also where
// the server has sent it back.
func (e *Exchange) withoutSecrets(clientSecret Secret) {
	token := bearer(e.RequestHeader)
	if !token.Empty() {
		e.RequestHeader.Set("Authorization", "Bearer "+redacted)
	}
	if e.Route == tokenRoute {
		e.RequestBody, e.ResponseBody = redactedForm(e.RequestBody), redactedToken(e.ResponseBody)
	}
	secrets := []Secret{token, clientSecret}
	e.ResponseBody = without(e.ResponseBody, secrets...)
	for _, values := range e.ResponseHeader {
		for i := range values {
			values[i] = string(without([]byte(values[i]), secrets...))
		}
	}
	if e.Err != nil {
		text := e.Err.Error()
		if clean := string(without([]byte(text), secrets...)); clean != text {
			e.Err = errors.New(clean)
		}
	}
}

// bearer is the token that a request carries.
func bearer(request http.Header) Secret {
	_, token, _ := strings.Cut(request.Get("Authorization"), " ")
	return NewSecret(token)
}

// without returns text with each secret in it redacted, as a copy if there is
// one.
func without(text []byte, secrets ...Secret) []byte {
	for _, secret := range secrets {
		for _, form := range forms(secret.Reveal()) {
			if bytes.Contains(text, []byte(form)) {
				text = bytes.ReplaceAll(text, []byte(form), []byte(redacted))
			}
		}
	}
	return text
}

// leastSecret is the length from which a text is looked for. Shorter ones stand
// in many words by chance.
const leastSecret = 6

// forms are the ways in which an answer may quote a secret.
func forms(secret string) []string {
	if len(secret) < leastSecret {
		return nil
	}
	quoted, _ := json.Marshal(secret) // a string always can be
	all := []string{secret, url.QueryEscape(secret), url.PathEscape(secret), strings.Trim(string(quoted), `"`)}
	slices.Sort(all)
	return slices.Compact(all)
}

// redactedForm is the form of a token request without what is secret in it.
func redactedForm(body []byte) []byte {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil
	}
	for name := range form {
		if !slices.Contains([]string{"grant_type", "scope", "client_id"}, name) {
			form.Set(name, redacted)
		}
	}
	return []byte(form.Encode())
}

// redactedToken is the answer to a token request without what is secret in it:
// of an answer in another form nobody knows where that would be.
func redactedToken(body []byte) []byte {
	if len(body) == 0 {
		return body
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(body, &members) != nil {
		return []byte(redacted)
	}
	known := []string{"token_type", "expires_in", "scope", "error_code", "error_message", "documentation_url", "error"}
	for name, value := range members {
		if !slices.Contains(known, name) || !scalar(value) {
			members[name] = json.RawMessage(`"` + redacted + `"`)
		}
	}
	clean, err := json.Marshal(members)
	if err != nil {
		return []byte(redacted)
	}
	return clean
}

// scalar reports whether value has no members of its own, in which a token
// could stand.
func scalar(value json.RawMessage) bool {
	first := bytes.TrimLeft(value, " \t\r\n")
	return len(first) > 0 && first[0] != '{' && first[0] != '['
}
