metadata description = 'Mails when a month costs more than was meant. It stops nothing.'

@description('Name of the budget.')
param name string

@description('What a month may cost, in the currency of the bill.')
@minValue(1)
param amount int

@description('The first month, as its first day: 2026-12-01. It cannot be changed later.')
param firstMonth string

@description('Who gets the mails; empty = the owners of the subscription.')
param email string

var contacts = empty(email) ? { contactEmails: [], contactRoles: ['Owner'] } : { contactEmails: [email], contactRoles: [] }

resource budget 'Microsoft.Consumption/budgets@2023-11-01' = {
  name: name
  properties: {
    category: 'Cost'
    amount: amount
    timeGrain: 'Monthly'
    timePeriod: { startDate: firstMonth }
    notifications: {
      spent: union(contacts, { enabled: true, operator: 'GreaterThanOrEqualTo', threshold: 80, thresholdType: 'Actual' })
      forecast: union(contacts, { enabled: true, operator: 'GreaterThan', threshold: 100, thresholdType: 'Forecasted' })
    }
  }
}
