metadata description = 'Where logs and metrics go, what an operator is told of, and what he can look at.'

import { limits } from 'alerts.bicep'

@description('Name of the Log Analytics workspace.')
param workspaceName string

@description('Name of the Application Insights component.')
param insightsName string

@description('Where they are created.')
param location string

@description('Tags of each resource.')
param tags object

@description('How many days logs and metrics are kept.')
param logDays int

@description('How many GB a day are taken in, the rest of the day nothing; 0 = no limit.')
param logDailyGb int

@description('Title of the dashboard, and what the names of alerts begin with.')
param title string

@description('Who gets the mails; empty = alerts are only listed in the portal.')
param alertEmail string

@description('What is allowed before there is an alert.')
param alertLimits limits

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: logDays
    workspaceCapping: { dailyQuotaGb: logDailyGb > 0 ? logDailyGb : -1 }
    features: { disableLocalAuth: true }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: insightsName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    // The connection string alone opens nothing then: who writes needs the role.
    DisableLocalAuth: true
  }
}

module alerts 'alerts.bicep' = {
  params: {
    title: title
    location: location
    tags: tags
    workspaceId: workspace.id
    email: alertEmail
    allowed: alertLimits
  }
}

module dashboard 'dashboard.bicep' = {
  params: { title: title, location: location, tags: tags, workspaceId: workspace.id }
}

@description('Name of the Application Insights component.')
output insightsName string = insights.name

@description('Where the app sends its logs and metrics.')
output connectionString string = insights.properties.ConnectionString
