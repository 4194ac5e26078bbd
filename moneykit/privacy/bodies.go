package privacy

// This file rules on every field of the bodies that requests have.

var (
	customerUser = object(fields{
		"id": masked, "email": object(fields{"address": given, "customer_verified_at": given}),
		"phone": object(fields{"number": given, "country": given, "customer_verified_at": given}),
	})

	sessionRequest = object(fields{
		"customer_user": customerUser, "existing_link_id": masked, "institution_id": masked, "redirect_uri": given,
		"webhook": given, "link_tags": masked,
		"settings": object(fields{"providers": given, "countries": given, "products": object(fields{
			"account_numbers": askedProduct, "identity": askedProduct, "transactions": askedProduct, "investments": askedProduct,
		})}),
		"connect_features": object(fields{
			"issue_reporter": given, "enable_money_id": given, "duplicate_institution_warning": given,
			"duplicate_institution_rejected": given, "connect_manually": given, "permit_only_one_account": given,
			"permit_only_depository_accounts": given,
		}),
		"custom_sandbox_data": object(fields{
			"accounts": object(fields{"account_type": given, "name": given, "account_number": given, "routing_number": given}),
			"owners": object(fields{
				"names": given,
				"addresses": object(fields{
					"city": given, "country": given, "postal_code": given, "region": given, "street": given, "primary": given,
				}),
				"phone_numbers": object(fields{"number": given, "primary": given, "type": given}),
				"emails":        object(fields{"address": given, "primary": given}),
			}),
		}),
	})

	askedProduct = object(fields{"required": given, "require_permission": given, "prefetch": given, "reason": given})

	importRequest = object(fields{
		"customer_user": customerUser, "provider": given, "institution_id": masked,
		"accounts": object(fields{
			"account_id": masked, "name": given, "nickname": given, "type": given, "mask": given,
			"balances": object(fields{"currency": given, "available": given, "current": given, "limit": given, "balance_date": given}),
		}),
		"transactions": importedTransaction,
	})

	importedTransaction = object(fields{
		"account_id": masked, "transaction_id": masked, "amount": given, "date": given, "description": given, "type": given,
	})
)
