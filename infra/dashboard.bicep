metadata description = 'The workbook that shows how the pipeline does.'

@description('Its title in the portal.')
param title string

@description('Where it is created.')
param location string

@description('Tags of each resource.')
param tags object

@description('Resource id of the workspace that is asked.')
param workspaceId string

resource dashboard 'Microsoft.Insights/workbooks@2023-06-01' = {
  // A workbook's name must be a GUID; the same for each deployment, so that there is one.
  name: guid(resourceGroup().id, 'dashboard')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: title
    category: 'workbook'
    sourceId: workspaceId
    version: 'Notebook/1.0'
    serializedData: replace(loadTextContent('dashboard.workbook.json'), '(workspace)', workspaceId)
  }
}
