package watch

import (
	"time"

	"till/moneykit"
)

// inError tells what to do about a link's error.
func (c *inquiry) inError() Diagnosis {
	since := c.sinceWhen()
	c.trouble()
	for _, e := range c.history[:min(lately, len(c.history))] {
		c.happened(e)
	}
	switch c.Link.ErrorCode {
	case moneykit.AuthExpired:
		return toRelink("The access to the bank has expired, and the customer has to log in again.")
	case moneykit.InvalidCredentials:
		return toRelink("The bank refused the customer's username or password, and the customer has to enter them again.")
	case moneykit.UserOAuthDenied:
		return toRelink("The customer denied access at the bank, and has to grant it to be connected.")
	case moneykit.UserInputIncorrect:
		return toRelink("The customer gave the bank a wrong answer, and has to try again.")
	case moneykit.Incomplete:
		return toRelink("The customer did not finish in Connect, and this link waits for that without end.")
	case moneykit.UserSetupRequired:
		return Diagnosis{Step: AskStep, Reason: "The customer has to log in at the bank's own site and finish setting up the account there."}
	case moneykit.UserError:
		return Diagnosis{Step: AskStep, Reason: "The customer has to log in at the bank's own site and put right what the bank asks for there."}
	case moneykit.InstitutionError:
		return c.fault(since, "The bank has trouble, which mostly goes away by itself.", "The bank has had trouble for more than 24 hours.")
	case moneykit.ProviderError:
		return c.fault(since, "The provider between MoneyKit and the bank has trouble, which mostly goes away by itself.",
			"The provider between MoneyKit and the bank has had trouble for more than 24 hours.")
	case moneykit.SystemError:
		return toSupport("MoneyKit itself failed at this link, and only its support can say more.")
	case moneykit.NoAccounts:
		return toSupport("The bank showed no accounts that can be connected, and only MoneyKit's support can say why.")
	case "":
		return toSupport("This link is in error, and MoneyKit does not say in which.")
	}
	return toSupport("This link has an error that MoneyKit's documentation does not name.")
}

func toRelink(reason string) Diagnosis { return Diagnosis{Step: RelinkStep, Reason: reason} }

func toSupport(reason string) Diagnosis { return Diagnosis{Step: ContactStep, Reason: reason} }

// fault is one of the bank's or the provider's, which is waited for unless it has
// been there too long. A link without a history is in it since the first attempt that
// met it.
func (c *inquiry) fault(since time.Time, passing, lasting string) Diagnosis {
	var attempt time.Time
	for _, status := range c.Link.Products.All() {
		switch status.ErrorCode {
		case moneykit.ProductInstitutionError, moneykit.ProductTimeout:
			if at := status.LastAttemptedAt; !at.IsZero() && (attempt.IsZero() || at.Before(attempt)) {
				attempt = at
			}
		}
	}
	if since.IsZero() {
		since = attempt
	}
	if c.lasts(since, longFault) {
		return toSupport(lasting)
	}
	return Diagnosis{Step: WaitStep, Reason: passing}
}

// failure is evidence of a product's last attempt.
func (c *inquiry) failure(product moneykit.Product, status *moneykit.ProductStatus) {
	text := named(product) + " failed: " + named(status.ErrorCode)
	if status.ErrorMessage != "" {
		text += ": " + status.ErrorMessage
	}
	c.seen(text, status.LastAttemptedAt)
}
