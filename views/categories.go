package views

import "till/moneykit"

// categories are what a transaction can be for, and what each of them is divided
// into. The contract lists them in this order and leaves it at that.
func categories() []categoryOf {
	return []categoryOf{
		{moneykit.CategoryBanking, []moneykit.Subcategory{
			moneykit.SubcategoryAccountFeesAndOtherBankCharges, moneykit.SubcategoryATMFees, moneykit.SubcategoryCashWithdrawals,
			moneykit.SubcategoryCurrencyExchangeAndFees, moneykit.SubcategoryInterest, moneykit.SubcategoryNSFAndOverdraftFees,
			moneykit.SubcategoryOtherBanking, moneykit.SubcategoryOutgoingChecks, moneykit.SubcategoryOverdraftProtection,
			moneykit.SubcategoryRefundsAndReversals, moneykit.SubcategoryUnpaidTransactions,
		}},
		{moneykit.CategoryBorrowingAndLoans, []moneykit.Subcategory{
			moneykit.SubcategoryBuyNowPayLater, moneykit.SubcategoryCarPayment, moneykit.SubcategoryCashAdvanceLoans,
			moneykit.SubcategoryCreditCards, moneykit.SubcategoryDebtManagement, moneykit.SubcategoryLoanIncoming,
			moneykit.SubcategoryLoanRepayment, moneykit.SubcategoryOtherBorrowingAndLoans, moneykit.SubcategoryStudentLoan,
			moneykit.SubcategoryVehicleLoan,
		}},
		{moneykit.CategoryCharity, []moneykit.Subcategory{
			moneykit.SubcategoryCharity, moneykit.SubcategoryOtherCharity,
		}},
		{moneykit.CategoryDependentCosts, []moneykit.Subcategory{
			moneykit.SubcategoryChildSupport, moneykit.SubcategoryChildcare, moneykit.SubcategoryChildrensExpenses,
			moneykit.SubcategoryOtherDependentCosts,
		}},
		{moneykit.CategoryEducation, []moneykit.Subcategory{
			moneykit.SubcategoryDrivingLessons, moneykit.SubcategoryOtherEducation, moneykit.SubcategoryUniversityAndTuition,
		}},
		{moneykit.CategoryEntertainment, []moneykit.Subcategory{
			moneykit.SubcategoryBooksAndReading, moneykit.SubcategoryCinema, moneykit.SubcategoryGaming,
			moneykit.SubcategoryLeisureAndAmusementActivities, moneykit.SubcategoryOtherEntertainment,
			moneykit.SubcategoryOtherEvents, moneykit.SubcategorySportEvents, moneykit.SubcategoryTheatreConcertsAndTickets,
		}},
		{moneykit.CategoryExpenses, []moneykit.Subcategory{
			moneykit.SubcategoryBusinessExpenses, moneykit.SubcategoryFinancialAndLegalExpenses,
			moneykit.SubcategoryOtherExpenses, moneykit.SubcategoryOtherMembershipsAndServices,
			moneykit.SubcategoryPostageAndOfficeSupplies,
		}},
		{moneykit.CategoryFoodAndDrink, []moneykit.Subcategory{
			moneykit.SubcategoryBarsAndPubs, moneykit.SubcategoryCoffee, moneykit.SubcategoryConvenienceStores,
			moneykit.SubcategoryEatingOutAndTakeaways, moneykit.SubcategoryGroceries, moneykit.SubcategoryOtherEatingOut,
			moneykit.SubcategoryOtherFoodAndDrink, moneykit.SubcategorySpecialityFoodAndDrink,
		}},
		{moneykit.CategoryGamblingAndLotteries, []moneykit.Subcategory{
			moneykit.SubcategoryGamblingAndBetting, moneykit.SubcategoryLotteriesAndSweepstakes,
			moneykit.SubcategoryOtherGamblingAndLotteries,
		}},
		{moneykit.CategoryGeneral, []moneykit.Subcategory{
			moneykit.SubcategoryOtherGeneral,
		}},
		{moneykit.CategoryHealthAndPersonalCare, []moneykit.Subcategory{
			moneykit.SubcategoryBeauty, moneykit.SubcategoryDental, moneykit.SubcategoryGymAndFitness,
			moneykit.SubcategoryHealthcare, moneykit.SubcategoryOtherHealthAndPersonalCare, moneykit.SubcategoryOptical,
			moneykit.SubcategoryPharmaciesAndHealthProducts, moneykit.SubcategorySportAccessoriesAndEquipment,
		}},
		{moneykit.CategoryHome, []moneykit.Subcategory{
			moneykit.SubcategoryFurniture, moneykit.SubcategoryGardening, moneykit.SubcategoryHomeMaintenance,
			moneykit.SubcategoryHouseholdGoods, moneykit.SubcategoryLaundry, moneykit.SubcategoryOtherHome,
			moneykit.SubcategoryPets,
		}},
		{moneykit.CategoryIncome, []moneykit.Subcategory{
			moneykit.SubcategoryBenefitsAndSocialSecurity, moneykit.SubcategoryChildSupportIncome,
			moneykit.SubcategoryCryptoPlatformIncoming, moneykit.SubcategoryDeposits, moneykit.SubcategoryEmploymentIncome,
			moneykit.SubcategoryInvestmentIncome, moneykit.SubcategoryOtherIncome, moneykit.SubcategoryPensionIncome,
			moneykit.SubcategoryRentalIncome,
		}},
		{moneykit.CategoryInsurance, []moneykit.Subcategory{
			moneykit.SubcategoryBusinessInsurance, moneykit.SubcategoryHealthAndLifeInsurance, moneykit.SubcategoryHomeInsurance,
			moneykit.SubcategoryOtherInsurance, moneykit.SubcategoryPetInsurance, moneykit.SubcategoryTravelInsurance,
			moneykit.SubcategoryVehicleInsurance,
		}},
		{moneykit.CategoryMediaAndTelecoms, []moneykit.Subcategory{
			moneykit.SubcategoryBroadbandPhoneTV, moneykit.SubcategoryDigitalMediaAndSoftware,
			moneykit.SubcategoryOtherMediaAndTelecoms, moneykit.SubcategoryTVStreamingServices,
		}},
		{moneykit.CategoryMortgageAndRent, []moneykit.Subcategory{
			moneykit.SubcategoryMortgage, moneykit.SubcategoryOtherMortgageAndRent, moneykit.SubcategoryRent,
		}},
		{moneykit.CategoryPensionsSavingsAndInvestments, []moneykit.Subcategory{
			moneykit.SubcategoryCryptoPlatformOutgoing, moneykit.SubcategoryInvestments, moneykit.SubcategoryPensions,
			moneykit.SubcategoryOtherPensionsSavingsAndInvestments, moneykit.SubcategorySavings,
		}},
		{moneykit.CategoryShopping, []moneykit.Subcategory{
			moneykit.SubcategoryClothingAndAccessories, moneykit.SubcategoryDepartmentStores,
			moneykit.SubcategoryElectronicsAppliancesAndTechnology, moneykit.SubcategoryFlowersAndGifts,
			moneykit.SubcategoryGeneralOnlineShopping, moneykit.SubcategoryHobbies, moneykit.SubcategoryOtherShopping,
			moneykit.SubcategorySmokingAndVaping,
		}},
		{moneykit.CategoryTaxes, []moneykit.Subcategory{
			moneykit.SubcategoryFederalTax, moneykit.SubcategoryOtherTaxes,
		}},
		{moneykit.CategoryTransfers, []moneykit.Subcategory{
			moneykit.SubcategoryInternalTransfers, moneykit.SubcategoryOtherTransfers, moneykit.SubcategoryTransfersIn,
			moneykit.SubcategoryTransfersOut,
		}},
		{moneykit.CategoryTransport, []moneykit.Subcategory{
			moneykit.SubcategoryOtherTransport, moneykit.SubcategoryParkingAndTolls, moneykit.SubcategoryPublicTransport,
			moneykit.SubcategoryTaxi, moneykit.SubcategoryVehicle, moneykit.SubcategoryVehicleFuelAndCharging,
			moneykit.SubcategoryVehicleRental, moneykit.SubcategoryPetrolAndVehicleCharging,
		}},
		{moneykit.CategoryTravel, []moneykit.Subcategory{
			moneykit.SubcategoryFlightsAndAirportExpenses, moneykit.SubcategoryHolidayAndTravelExpenses,
			moneykit.SubcategoryOtherTravel,
		}},
		{moneykit.CategoryUtilities, []moneykit.Subcategory{
			moneykit.SubcategoryOtherUtilities, moneykit.SubcategoryUtilitiesEnergy, moneykit.SubcategoryUtilitiesWaterAndSewage,
			moneykit.SubcategoryWasteAndRecycling,
		}},
	}
}

// categoryOf is a category with its parts.
type categoryOf struct {
	category moneykit.Category
	parts    []moneykit.Subcategory
}
