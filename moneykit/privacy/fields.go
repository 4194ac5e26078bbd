package privacy

// This file rules on every field of the contract's answers.

var (
	linkFields = object(fields{
		"link_id": id, "institution_id": id, "institution_name": bankName, "institution_avatar": address,
		"state": code, "error_code": code, "last_synced_at": moment, "provider": code,
		"link_tags": id, "tags": id, "webhook": address,
		"products": object(fields{
			"accounts": productFields, "account_numbers": productFields, "identity": productFields,
			"transactions": productFields, "investments": productFields, "enrichment": productFields,
		}),
		"available_products": code,
	})

	productFields = object(fields{
		"refreshed_at": moment, "last_attempted_at": moment, "error_code": code, "error_message": message,
		"unavailable": code, "has_history": flag,
		"settings": object(fields{"required": flag, "require_permission": flag, "prefetch": flag, "reason": label}),
	})

	accountFields = object(fields{
		"account_id": id, "account_type": code, "name": account, "nickname": account, "account_mask": figures,
		"original_id": id, "closed": flag, "balances": balances, "numbers": numbers, "owners": owner,
	})

	balances = object(fields{
		"currency": code, "available": amount, "current": amount, "limit": amount, "balance_date": moment,
	})

	numbers = object(fields{
		"ach":           object(fields{"account_number": figures, "routing_number": figures, "wire_routing_number": figures}),
		"eft":           object(fields{"account_number": figures, "institution_number": figures, "branch_number": figures}),
		"bacs":          object(fields{"account_number": figures, "sort_code": figures}),
		"international": object(fields{"iban": figures, "bic": figures}),
	})

	owner = object(fields{
		"names": person,
		"addresses": object(fields{
			"city": town, "country": code, "postal_code": figures, "region": town, "street": street, "primary": flag,
		}),
		"phone_numbers": object(fields{"number": figures, "primary": flag, "type": code}),
		"emails":        object(fields{"address": email, "primary": flag}),
	})

	transactionFields = object(fields{
		"transaction_id": id, "account_id": id, "amount": amount, "type": code, "currency": code, "date": moment,
		"datetime": moment, "description": shop, "raw_description": shop, "pending": flag, "category": category,
		"original_id": id,
		"enrichment": object(fields{
			"category": guess, "subcategory": guess, "merchant": party, "processor": party,
			"recurrence": object(fields{"frequency": category, "next_predicted_date": moment}),
		}),
	})

	guess = object(fields{"value": category, "confidence": count})
	party = object(fields{"id": id, "name": shop, "logo": address, "confidence": count})

	securityFields = object(fields{
		"security_id": id, "name": paper, "type": category, "currency": code, "ticker": symbol, "isin": symbol,
		"sedol": symbol, "close_price": price, "close_date": moment,
	})

	holdingFields = object(fields{
		"account_id": id, "security_id": id, "quantity": quantity, "price": price, "price_datetime": moment,
		"value": amount, "cost_basis": amount,
	})

	tradeFields = object(fields{
		"investment_transaction_id": id, "account_id": id, "amount": amount, "date": moment, "datetime": moment,
		"description": shop, "type": category, "fees": amount, "forex_rate": rate, "price": price,
		"quantity": quantity, "security_id": id,
	})

	institutionFields = object(fields{
		"institution_id": id, "institution_id_aliases": id, "name": bankName, "country": code, "domain": domain,
		"color": colour, "color_dark": colour, "is_featured": flag,
	})

	cursorFields = object(fields{"next": id})

	// problem is what all answers but successes are.
	problem = object(fields{
		"error_code": code, "error_message": message, "documentation_url": address, "link_error_code": code,
		"validation_errors": object(fields{"location": &ruling{text: place.text, number: count.number}, "message": message, "type": code}),
	})
)
