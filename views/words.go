package views

import (
	"fmt"
	"strings"
	"time"

	"till/moneykit"
	"till/moneykit/watch"
	"till/ui/termsafe"
	"till/ui/theme"
)

// look is how a link's state is told in a word.
type look struct {
	symbol, word string
	role         theme.Role
}

func (l look) String() string { return l.symbol + " " + l.word }

func stateLook(s watch.Snapshot) look {
	switch {
	case s.Refreshing():
		return look{"⟳", "refreshing", theme.Warn}
	case s.Link == nil && s.Err != nil:
		return look{"✕", "unreadable", theme.Bad}
	case s.Link == nil:
		return look{"·", "reading", theme.Muted}
	case s.Recalled && s.Err == nil: // as it was when till was left
		known := linkLook(s.Link)
		return look{known.symbol, known.word, theme.Muted}
	case s.Err != nil: // the last that is known, and it may be wrong by now
		known := linkLook(s.Link)
		return look{known.symbol, known.word + "?", theme.Muted}
	}
	return linkLook(s.Link)
}

func linkLook(link *moneykit.Link) look {
	switch link.State {
	case moneykit.Connected:
		return look{"●", "connected", theme.Good}
	case moneykit.Connecting:
		return look{"◌", "connecting", theme.Warn}
	case moneykit.AwaitingTokenExchange:
		return look{"◌", "to exchange", theme.Warn}
	case moneykit.Deleted:
		return look{"○", "deleted", theme.Muted}
	case moneykit.InError:
		if link.ErrorCode != "" {
			return look{"✕", words(string(link.ErrorCode)), theme.Bad}
		}
		return look{"✕", "error", theme.Bad}
	}
	return look{"?", words(string(link.State)), theme.Info}
}

// words turns an enum case into words, a case that nobody knows yet too.
func words(s string) string { return strings.ReplaceAll(termsafe.Line(s), "_", " ") }

// remedy explains a link error: why it is there and what to do.
func remedy(code moneykit.LinkError) string {
	switch code {
	case moneykit.AuthExpired:
		return "The bank no longer accepts the login. Relink it (R)."
	case moneykit.InvalidCredentials:
		return "The bank refused the username or password. Relink it (R)."
	case moneykit.UserInputIncorrect:
		return "An answer to the bank's question was wrong. Relink it (R)."
	case moneykit.UserOAuthDenied:
		return "Access was denied on the bank's own page. Relink it (R) to ask again."
	case moneykit.UserSetupRequired:
		return "The customer has something to settle on the bank's site first; then relink it (R)."
	case moneykit.UserError:
		return "The bank asks its customer to act on its site first; then relink it (R)."
	case moneykit.NoAccounts:
		return "The bank showed no accounts that can be connected. MoneyKit's support can say why."
	case moneykit.Incomplete:
		return "The customer left before the end. It waits for them and never times out."
	case moneykit.InstitutionError:
		return "The bank has trouble, which mostly goes away by itself."
	case moneykit.ProviderError:
		return "The provider between MoneyKit and the bank has trouble, which mostly goes away by itself."
	case moneykit.SystemError:
		return "MoneyKit itself failed at this link. Its support can say more."
	}
	return ""
}

// productLetters shows a link's products in fixed places: ! for one whose last
// refresh failed, · for one that the link does not have.
func productLetters(p moneykit.LinkProducts) string {
	letters := map[moneykit.Product]string{
		moneykit.ProductAccounts: "A", moneykit.ProductAccountNumbers: "N", moneykit.ProductIdentity: "I",
		moneykit.ProductTransactions: "T", moneykit.ProductInvestments: "V", moneykit.ProductEnrichment: "E",
	}
	shown := make([]string, 0, len(letters))
	for _, product := range moneykit.Products() {
		switch status := p.Of(product); {
		case status == nil:
			shown = append(shown, "·")
		case status.ErrorCode != "":
			shown = append(shown, "!")
		default:
			shown = append(shown, letters[product])
		}
	}
	return strings.Join(shown, "")
}

// productNames lists products as a sentence does.
func productNames(products []moneykit.Product) string {
	names := make([]string, len(products))
	for i, p := range products {
		names[i] = words(string(p))
	}
	if n := len(names); n > 1 {
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return strings.Join(names, "")
}

// newest returns when any product of a link was last refreshed.
func newest(link *moneykit.Link) time.Time {
	var at time.Time
	for _, status := range link.Products.All() {
		if status.RefreshedAt.After(at) {
			at = status.RefreshedAt
		}
	}
	return at
}

// age tells how long ago t was, in the space of a column.
func age(t, now time.Time) string {
	if t.IsZero() {
		return none
	}
	switch d := now.Sub(t); {
	case d < 10*time.Second:
		return "now"
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	default:
		return fmt.Sprintf("%dd", int(d.Hours()/24))
	}
}

// seenAge is age of what is read again and again, for which less than a minute is now.
func seenAge(t, now time.Time) string {
	if !t.IsZero() && now.Sub(t) < time.Minute {
		return "now"
	}
	return age(t, now)
}

// ago is age with the moment itself, where there is room.
func ago(t, now time.Time) string {
	if t.IsZero() {
		return "never"
	}
	when := momentOf(t, now)
	if a := age(t, now); a != "now" {
		return a + " ago · " + when
	}
	return "just now · " + when
}

// seenAgo is ago of what is read again and again: while that goes on it does not change.
func seenAgo(t, now time.Time) string {
	if seenAge(t, now) == "now" {
		return "just now"
	}
	return ago(t, now)
}

// momentOf tells a moment, with its year when without it another could be meant.
func momentOf(t, now time.Time) string {
	if longPast(t, now) {
		return t.Local().Format("Jan 2 2006 15:04")
	}
	return t.Local().Format("Jan 2 15:04")
}

// longPast reports that the same day has been again since, or soon will be.
func longPast(t, now time.Time) bool { return t.Before(now.AddDate(0, -11, 0)) }

// wait tells how long it is until t.
func wait(t, now time.Time) string {
	switch d := t.Sub(now); {
	case d <= time.Minute:
		return "in a minute"
	case d < 2*time.Hour:
		return fmt.Sprintf("in %d min", int(d.Round(time.Minute).Minutes()))
	default:
		return fmt.Sprintf("in %d h", int(d.Round(time.Hour).Hours()))
	}
}

// took tells a duration as a person would.
func took(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}

// capital starts a sentence.
func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// plural counts things.
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return grouped(n) + " " + thing + "s"
}

// institution returns the name of a link's institution, safe to draw.
func institution(s watch.Snapshot) string {
	if s.Link == nil {
		return ""
	}
	for _, name := range []string{s.Link.InstitutionName, string(s.Link.InstitutionID)} {
		if strings.TrimSpace(name) != "" {
			return termsafe.Line(name)
		}
	}
	return termsafe.Line(string(s.ID))
}
