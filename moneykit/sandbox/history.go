package sandbox

// usualTransactions is about how many transactions a link has after usualDays,
// 18 months.
const (
	usualTransactions = 400
	usualDays         = 548
	mostDays          = 10 * 365
)

// history is how far back the transactions of a link go, and how many
// households live on its accounts, each with its own.
type history struct{ days, lives int }

// historyOf is the history that has about so many transactions: a longer one
// first, and more households where ten years are not enough.
func historyOf(transactions int) history {
	days := max(1, usualDays*transactions/usualTransactions)
	if days <= mostDays {
		return history{days, 1}
	}
	lives := (days + mostDays - 1) / mostDays
	return history{days / lives, lives}
}
